import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExampleRank, ImageResult, RunEvent } from '@mmsr/core';
import type { DoneCell } from '../study/done-cell.js';

export const PANELS = ['lr', 'bicubic', 'sr', 'hr', 'error'] as const;
export type Panel = (typeof PANELS)[number];

export interface Picture {
  readonly dataUri: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** An image that a run kept for how it stands among the others. */
export interface Example {
  readonly rank: ExampleRank;
  readonly result: ImageResult;
  readonly panels: Readonly<Record<Panel, Picture>>;
  /** Characters that it takes in a page. */
  readonly size: number;
}

/** Larger files are no test patches. */
const MOST_BYTES = 8 * 2 ** 20;
const KEPT = /^images\/((\d+(?:\.\d+)?)x-(best|median|worst))\.png$/;
const PNG_SIGNATURE = '89504e470d0a1a0a';

/**
 * Reads the best, median and worst images of a cell, best first, magnifications descending. What is missing,
 * is no PNG or belongs to no image of the results is left out.
 */
export async function readExamples(directory: string, cell: DoneCell): Promise<Example[]> {
  const examples: Example[] = [];
  for (const { folder, magnification, rank, id } of await keptImages(directory)) {
    const result = cell.images.find(
      (image) => image.id === id && image.magnification === magnification,
    );
    const panels = await readPanels(join(directory, 'images', folder));
    if (result === undefined || panels === undefined) continue;
    const size = PANELS.reduce((sum, panel) => sum + panels[panel].dataUri.length, 0);
    examples.push({ rank, result, panels, size });
  }
  const ranks: readonly ExampleRank[] = ['best', 'median', 'worst'];
  return examples.sort(
    (a, b) =>
      b.result.magnification - a.result.magnification ||
      ranks.indexOf(a.rank) - ranks.indexOf(b.rank),
  );
}

interface KeptImage {
  readonly folder: string;
  readonly magnification: number;
  readonly rank: ExampleRank;
  readonly id: string;
}

/** As the events tell; of several by one name the last, which is what the file holds. */
async function keptImages(directory: string): Promise<KeptImage[]> {
  const text = await readFile(join(directory, 'events.jsonl'), 'utf8').catch(() => '');
  const kept = new Map<string, KeptImage>();
  for (const line of text.split('\n').filter((line) => line.includes('"image"'))) {
    const { key, path } = imageEvent(line) ?? {};
    const [, folder, magnification, rank] = KEPT.exec(path ?? '') ?? [];
    const prefix = `test-${rank}/`;
    if (folder === undefined || key?.startsWith(prefix) !== true) continue;
    const id = key.slice(prefix.length);
    kept.set(folder, {
      folder,
      magnification: Number(magnification),
      rank: rank as ExampleRank,
      id,
    });
  }
  return [...kept.values()];
}

type ImageEvent = Extract<RunEvent, { type: 'image' }>;

function imageEvent(line: string): ImageEvent | undefined {
  try {
    const event = JSON.parse(line) as ImageEvent | null;
    const isImage = event?.type === 'image' && typeof event.key === 'string';
    return isImage && typeof event.path === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}

async function readPanels(folder: string): Promise<Example['panels'] | undefined> {
  const panels: Partial<Record<Panel, Picture>> = {};
  for (const panel of PANELS) {
    const picture = await readPng(join(folder, `${panel}.png`));
    if (picture === undefined) return undefined;
    panels[panel] = picture;
  }
  return panels as Example['panels'];
}

async function readPng(path: string): Promise<Picture | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined || bytes.length < 24 || bytes.length > MOST_BYTES) return undefined;
  if (bytes.subarray(0, 8).toString('hex') !== PNG_SIGNATURE) return undefined;
  return {
    dataUri: `data:image/png;base64,${bytes.toString('base64')}`,
    widthPx: bytes.readUInt32BE(16),
    heightPx: bytes.readUInt32BE(20),
  };
}

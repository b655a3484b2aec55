import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chooseExamples, type ImageResult, type Json } from '@mmsr/core';
import { madePng } from './made-png.js';
import { madeImages } from './tested-cell.js';

/** One cell of a made study; what is left out is the same for all. */
export interface MadeCell {
  readonly settings?: Record<string, Json>;
  readonly seed?: number;
  /** PSNR above bicubic in dB, of all images alike on top of what a slide gives. */
  readonly gainDb?: number;
  readonly groups?: number;
  readonly magnifications?: readonly number[];
  readonly scale?: number;
  readonly cropPx?: number;
  /** As `evaluation.metrics` names them. */
  readonly metrics?: readonly string[];
  readonly steps?: number;
  /** Of the test images' pixels. */
  readonly digest?: string;
  /** Of the image that colours of test patches are normalised to; left out: they are not. */
  readonly referenceDigest?: string;
  /** null: without results.json. */
  readonly results?: null;
  readonly events?: readonly object[];
  readonly withBranch?: boolean;
  readonly engine?: string;
  /** Magnifications that the branch knows. */
  readonly classes?: readonly number[];
  /** Takes the place of parts of manifest.json. */
  readonly manifest?: object;
  /** Side in pixels of the pictures of the best, median and worst images; without it there are none. */
  readonly picturesPx?: number;
  /** Changes results.json before it is written. */
  readonly change?: (results: Record<string, unknown>) => unknown;
}

/** A study's folder in a temporary place; call `remove` at the end. */
export async function madeStudy(
  cells: Readonly<Record<string, MadeCell>>,
  record?: object,
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'mmsr-study-'));
  const folder = join(root, 'made');
  const write = async (path: string, content: object) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify(content));
  };
  if (record !== undefined) {
    const cellNames = Object.keys(cells);
    await write('study.json', { format: 1, name: 'made', description: '', cellNames, ...record });
  }
  for (const [name, cell] of Object.entries(cells)) {
    await write(`${name}/manifest.json`, manifestOf(name, cell));
    if (cell.results !== null) {
      const results = resultsOf(name, cell);
      await write(`${name}/results.json`, (cell.change?.(results) ?? results) as object);
    }
    const pictures = await writePictures(join(folder, name), cell);
    const events = [...(cell.events ?? []), ...pictures].map(
      (event) => `${JSON.stringify(event)}\n`,
    );
    await writeFile(join(folder, name, 'events.jsonl'), events.join(''));
  }
  return { folder, remove: () => rm(root, { recursive: true }) };
}

const NORMALIZE = { name: 'stain-normalize', method: 'macenko', reference: 'ref.png' };
/** @returns the events that tell of them */
async function writePictures(directory: string, cell: MadeCell): Promise<object[]> {
  const { picturesPx, scale = 2 } = cell;
  if (picturesPx === undefined) return [];
  const results = resultsOf('', cell);
  const { images } = (cell.change?.(results) ?? results) as { images: ImageResult[] };
  const examples = chooseExamples(images);
  for (const [place, { rank, magnification }] of examples.entries()) {
    const folder = join(directory, 'images', `${magnification}x-${rank}`);
    await mkdir(folder, { recursive: true });
    for (const [i, panel] of ['lr', 'bicubic', 'sr', 'hr', 'error'].entries()) {
      const sidePx = panel === 'lr' ? picturesPx / scale : picturesPx;
      await writeFile(join(folder, `${panel}.png`), madePng(sidePx, sidePx, 10 * place + i));
    }
  }
  return examples.map(({ rank, magnification, index }) => ({
    type: 'image',
    step: 10,
    key: `test-${rank}/${images[index]?.id}`,
    path: `images/${magnification}x-${rank}.png`,
  }));
}

function manifestOf(name: string, cell: MadeCell): object {
  const { settings = {}, seed = 1, scale = 2, steps = 10, groups = 8, digest = 'd' } = cell;
  const { referenceDigest } = cell;
  const transforms = referenceDigest === undefined ? [] : [NORMALIZE];
  const experiment: Record<string, unknown> = {
    name: 'made',
    engine: { name: 'auto' },
    seed,
    scale,
    training: { steps },
    data: { test: { patchPx: 32 }, degradation: { name: 'bicubic' }, transforms },
    model: { backbone: { name: 'edsr' }, head: settings['model.head'] ?? null },
    evaluation: { metrics: cell.metrics ?? ['psnr', 'ssim'] },
  };
  const images = Array.from({ length: groups }, (_, i) => ({ id: `slide-${i}`, digest }));
  const device = { engine: cell.engine ?? 'wasm', version: '1' };
  const references = { 'ref.png': referenceDigest };
  return {
    ...{ format: 1, cell: name, settings, experiment, device, versions: {}, plugins: [] },
    data: { test: { images } },
    references,
    ...cell.manifest,
  };
}

function resultsOf(name: string, cell: MadeCell): Record<string, unknown> {
  const { seed = 1, scale = 2, gainDb = 0, groups = 8, magnifications = [20, 10] } = cell;
  const { classes = magnifications } = cell;
  const images = madeImages({
    groups,
    magnifications,
    gainDb: (group, image) => gainDb * (1 + 0.1 * group) + 0.5 * group + 0.01 * image,
  }).map((image) => ({
    ...image,
    predictedMagnification: cell.withBranch === true ? image.magnification : null,
  }));
  return {
    experiment: 'made',
    cell: name,
    seed,
    scale,
    steps: 10,
    parameters: { total: 1234 + (cell.withBranch === true ? 66 : 0), head: 0 },
    protocol: {
      color: 'rgb',
      cropPx: cell.cropPx ?? 2,
      rounding: 'uint8',
      dataRange: 255,
      psnr: 'over all channels together',
      ssim: 'Gaussian',
      bicubic: 'imresize',
      weights: 'average',
    },
    images,
    summary: summaryOf(images, magnifications),
    confusion:
      cell.withBranch === true
        ? {
            actual: magnifications,
            predicted: classes,
            counts: magnifications.map((_, i) => classes.map((_, j) => (i === j ? 16 : 0))),
          }
        : null,
  };
}

function summaryOf(images: readonly ImageResult[], magnifications: readonly number[]): object {
  const of = (chosen: readonly ImageResult[]) => {
    const psnrDb = chosen.reduce((sum, image) => sum + (image.psnrDb ?? 0), 0) / chosen.length;
    const accuracy = chosen[0]?.predictedMagnification === null ? null : 1;
    return { psnrDb, ssim: psnrDb / 100, bicubic: { psnrDb: 30, ssim: 0.3 }, accuracy };
  };
  return Object.fromEntries([
    ...magnifications.map((m) => [String(m), of(images.filter((i) => i.magnification === m))]),
    ['all', of(images)],
  ]) as object;
}

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cacheFolder,
  createRgbImage,
  type Region,
  type RgbImage,
  type SourceImage,
  writeDurably,
} from '@mmsr/core';
import { detectTissue, type TissueMask } from './tissue.js';

/** Long side of the picture in which tissue is looked for, in pixels. */
const MASK_PX = 1024;
/** Rows of it that are read at a time: a slide without a pyramid is read whole, but not at once. */
const ROWS_AT_A_TIME = 16;
/** Raised when masks come out otherwise, so that remembered ones are not taken. */
const RECIPE = 1;

/** Reads a region of an image that is shrunk by a factor, in pixels of the shrunk one. */
type ReadShrunk = (factor: number, region: Region) => Promise<RgbImage>;

/**
 * Finds the tissue of an image, or remembers it: the mask is kept in the cache folder by the digest of the
 * file and the region.
 */
export async function findTissue(image: SourceImage, read: ReadShrunk): Promise<TissueMask> {
  const factor = Math.max(1, Math.max(image.widthPx, image.heightPx) / MASK_PX);
  const widthPx = Math.max(1, Math.floor(image.widthPx / factor));
  const heightPx = Math.max(1, Math.floor(image.heightPx / factor));
  const file = cacheFile([image.digest, image.region ?? null]);
  const known = await readMask(file, widthPx * heightPx);
  const pixels = known ?? detectTissue(await readThumbnail(widthPx, heightPx, factor, read));
  if (known === undefined) await keep(file, pixels);
  return { widthPx, heightPx, factor, pixels: shared(pixels) };
}

async function readThumbnail(
  widthPx: number,
  heightPx: number,
  factor: number,
  read: ReadShrunk,
): Promise<RgbImage> {
  const whole = createRgbImage(widthPx, heightPx);
  for (let y = 0; y < heightPx; y += ROWS_AT_A_TIME) {
    const height = Math.min(ROWS_AT_A_TIME, heightPx - y);
    const rows = await read(factor, { x: 0, y, width: widthPx, height });
    whole.data.set(rows.data, y * widthPx * 3);
  }
  return whole;
}

function cacheFile(key: readonly unknown[]): string {
  const name = createHash('sha256').update(JSON.stringify([RECIPE, MASK_PX, ...key]));
  return join(cacheFolder(), 'tissue', `${name.digest('hex')}.mask`);
}

/** Undefined where there is none, or one of another size. */
async function readMask(file: string, length: number): Promise<Uint8Array | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  const isSound = bytes?.length === length && bytes.every((value) => value <= 1);
  return isSound ? bytes : undefined;
}

/** A cache that cannot be written costs time, and nothing else. */
async function keep(file: string, pixels: Uint8Array): Promise<void> {
  try {
    await mkdir(join(file, '..'), { recursive: true });
    await writeDurably(file, pixels);
  } catch {
    // The mask is found again the next time.
  }
}

function shared(pixels: Uint8Array): Uint8Array {
  const result = new Uint8Array(new SharedArrayBuffer(pixels.length));
  result.set(pixels);
  return result;
}

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, type SourceImage, writeDurably } from '@mmsr/core';
import { type ReadShrunk, readThumbnail, thumbnailSize } from './read-thumbnail.js';
import { detectTissue, type TissueMask } from './tissue.js';

/** Long side of the picture in which tissue is looked for, in pixels. */
const MASK_PX = 1024;
/** Raised when masks come out otherwise, so that remembered ones are not taken. */
const RECIPE = 1;

/**
 * Finds the tissue of an image, or remembers it: the mask is kept in the cache folder by the digest of the
 * file and the region.
 */
export async function findTissue(image: SourceImage, read: ReadShrunk): Promise<TissueMask> {
  const size = thumbnailSize(image, MASK_PX);
  const { widthPx, heightPx, factor } = size;
  const file = cacheFile([image.digest, image.region ?? null]);
  const known = await readMask(file, widthPx * heightPx);
  const pixels = known ?? detectTissue(await readThumbnail(size, read));
  if (known === undefined) await keep(file, pixels);
  return { widthPx, heightPx, factor, pixels: shared(pixels) };
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

import { MmsrError, type Region, type SourceImage } from '@mmsr/core';
import { decodeRgb, inspectImage, LARGEST_UNTILED_PX } from './decode-rgb.js';
import { digestOf } from './digest.js';
import { assertUnchanged, type FileVersion, versionOf } from './file-version.js';
import type { FoundFile } from './find-files.js';
import type { MemoryBudget } from './memory-budget.js';
import { resolveScale, type StatedScale } from './resolve-scale.js';
import { readSlideHeader, type SlideHeader } from './slide-header.js';

/** An image of the source; structured-cloneable. */
export interface LoadedImage {
  readonly image: SourceImage;
  readonly path: string;
  /** Of the file when it was checked. */
  readonly version: FileVersion;
  readonly isTiff: boolean;
  /** Where in the file it lies. */
  readonly place: Region;
  /** Its decoded pixels, where memory allows. */
  readonly pixels?: SharedArrayBuffer;
}

export interface LoadOptions extends StatedScale {
  readonly region?: Region | undefined;
  readonly group?: string | undefined;
  /** Beside what the file says. */
  readonly more?: Pick<SourceImage, 'serves' | 'micronsAt1x'> | undefined;
}

const NO_HEADER: SlideHeader = { tiled: false, planesApart: false };

/**
 * Reads what a file says of itself, checks it against the options and decodes it.
 * @param budget memory for decoded pixels, in bytes
 * @throws MmsrError E_IMAGE, E_DATA or E_FILE naming the file
 */
export async function loadImage(
  { id, path, bytes }: FoundFile,
  options: LoadOptions,
  budget: MemoryBudget,
): Promise<LoadedImage> {
  if (bytes === 0) throw new MmsrError('E_IMAGE', 'is empty', { where: id });
  const version = await versionOf(path, id);
  const { width, height, format } = await inspectImage(path, id);
  const isTiff = format === 'tiff';
  const header = isTiff ? await headerOf(path, id) : NO_HEADER;
  assertReadable(width * height, header, id);
  const scale = resolveScale(options, header, id);
  const place = placeOf(options.region, width, height, id);
  const image: SourceImage = {
    id,
    group: options.group ?? id,
    widthPx: place.width,
    heightPx: place.height,
    ...scale,
    ...(header.micronsPerPixelY === undefined ? {} : { micronsPerPixelY: header.micronsPerPixelY }),
    ...options.more,
    digest: await digestOf(path),
    ...(options.region === undefined ? {} : { region: place }),
  };
  const decoded = await decodeWithin(budget, { path, place, isTiff }, id);
  try {
    await assertUnchanged(path, version, id);
  } catch (error) {
    budget.giveBack(decoded.pixels?.byteLength ?? 0);
    throw error;
  }
  return { image, path, version, isTiff, place, ...decoded };
}

async function headerOf(path: string, where: string): Promise<SlideHeader> {
  try {
    return await readSlideHeader(path);
  } catch (error) {
    throw new MmsrError('E_IMAGE', 'its TIFF header cannot be read', { where, cause: error });
  }
}

function assertReadable(pixels: number, header: SlideHeader, where: string): void {
  if (header.planesApart) {
    throw new MmsrError('E_IMAGE', 'its colours are pages of their own', {
      where,
      advice: 'Convert it to RGB pixels.',
    });
  }
  if (pixels > LARGEST_UNTILED_PX && !header.tiled) {
    throw new MmsrError('E_IMAGE', `has ${pixels} pixels and is not tiled`, {
      where,
      advice: `Above ${LARGEST_UNTILED_PX} pixels only tiled TIFF files are read: convert it.`,
    });
  }
}

export function placeOf(
  region: Region | undefined,
  width: number,
  height: number,
  where: string,
): Region {
  if (region === undefined) return { x: 0, y: 0, width, height };
  if (region.x + region.width <= width && region.y + region.height <= height) return region;
  throw new MmsrError(
    'E_DATA',
    `the region of ${region.width}x${region.height} pixels at ${region.x}, ${region.y} ` +
      `reaches beyond the image of ${width}x${height}`,
    { where, advice: 'Correct `region`; it is in native pixels.' },
  );
}

/** Decodes all of it where memory allows, else its last pixel: that is missing when a file is cut off. */
async function decodeWithin(
  budget: MemoryBudget,
  { path, place, isTiff }: Pick<LoadedImage, 'path' | 'place' | 'isTiff'>,
  where: string,
): Promise<{ pixels?: SharedArrayBuffer }> {
  const bytes = place.width * place.height * 3;
  if (!budget.take(bytes)) {
    const { x, y, width, height } = place;
    const last = { x: x + width - 1, y: y + height - 1, width: 1, height: 1 };
    await decodeRgb(path, last, where, isTiff);
    return {};
  }
  try {
    const { data } = await decodeRgb(path, place, where, isTiff);
    const pixels = new SharedArrayBuffer(bytes);
    new Uint8Array(pixels).set(data);
    return { pixels };
  } catch (error) {
    budget.giveBack(bytes);
    throw error;
  }
}

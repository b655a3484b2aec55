import { createRgbImage, type Region, type RgbImage, type SourceImage } from '@mmsr/core';

/** Reads a region of an image that is shrunk by a factor, in pixels of the shrunk one. */
export type ReadShrunk = (factor: number, region: Region) => Promise<RgbImage>;

export interface ThumbnailSize {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Native pixels along one of the thumbnail's, at least 1. */
  readonly factor: number;
}

/** Rows that are read at a time: a slide without a pyramid is read whole, but not at once. */
const ROWS_AT_A_TIME = 16;

export function thumbnailSize(
  { widthPx, heightPx }: Pick<SourceImage, 'widthPx' | 'heightPx'>,
  longSidePx: number,
): ThumbnailSize {
  const factor = Math.max(1, Math.max(widthPx, heightPx) / longSidePx);
  const shrunk = (px: number) => Math.max(1, Math.floor(px / factor));
  return { widthPx: shrunk(widthPx), heightPx: shrunk(heightPx), factor };
}

export async function readThumbnail(
  { widthPx, heightPx, factor }: ThumbnailSize,
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

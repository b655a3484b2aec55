import { createRgbImage, type Region, type RgbImage, type SourceImage } from '@mmsr/core';

/** Reads a region of an image that is shrunk by a factor, in pixels of the shrunk one. */
export type ReadShrunk = (factor: number, region: Region) => Promise<RgbImage>;

export interface ThumbnailSize {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Native pixels along one of the thumbnail's, at least 1. */
  readonly factor: number;
  /** Read at a time: a slide without a pyramid is read whole, but not at once. */
  readonly rowsAtATime: number;
}

const MOST_ROWS = 16;
/** Native pixels that a slide without a pyramid has to give at a time, 4 bytes each. */
const MOST_NATIVE_PX = 16e6;

/** Sizes are multiples of the grid on which the image can be read. */
export function thumbnailSize(
  { widthPx, heightPx, gridPx = 1 }: Pick<SourceImage, 'widthPx' | 'heightPx' | 'gridPx'>,
  longSidePx: number,
): ThumbnailSize {
  const factor = Math.max(1, Math.max(widthPx, heightPx) / longSidePx);
  const shrunk = (px: number) => Math.max(1, Math.floor(px / factor / gridPx)) * gridPx;
  const rows = Math.floor(MOST_NATIVE_PX / (widthPx * factor * gridPx));
  return {
    widthPx: shrunk(widthPx),
    heightPx: shrunk(heightPx),
    factor,
    rowsAtATime: Math.min(MOST_ROWS, Math.max(1, rows)) * gridPx,
  };
}

export async function readThumbnail(
  { widthPx, heightPx, factor, rowsAtATime }: ThumbnailSize,
  read: ReadShrunk,
): Promise<RgbImage> {
  const whole = createRgbImage(widthPx, heightPx);
  for (let y = 0; y < heightPx; y += rowsAtATime) {
    const height = Math.min(rowsAtATime, heightPx - y);
    const rows = await read(factor, { x: 0, y, width: widthPx, height });
    whole.data.set(rows.data, y * widthPx * 3);
  }
  return whole;
}

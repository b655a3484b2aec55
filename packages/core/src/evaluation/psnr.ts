import type { Plane } from './planes.js';

/** What identical images count as, so that means stay finite; a single 8-bit step in a patch is below. */
export const IDENTICAL_PSNR_DB = 100;

/**
 * Peak signal-to-noise ratio in dB over all planes together, peak 255.
 * @returns at most IDENTICAL_PSNR_DB
 */
export function psnrDb(a: readonly Plane[], b: readonly Plane[]): number {
  let squares = 0;
  let count = 0;
  a.forEach((plane, channel) => {
    const other = (b[channel] as Plane).data;
    plane.data.forEach((value, i) => {
      squares += (value - (other[i] as number)) ** 2;
    });
    count += plane.data.length;
  });
  return Math.min(IDENTICAL_PSNR_DB, 10 * Math.log10((255 * 255 * count) / squares));
}

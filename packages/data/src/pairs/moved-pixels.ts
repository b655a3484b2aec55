import { createRgbImage, type Region, type RgbImage } from '@mmsr/core';
import type { Shift } from './phase-correlation.js';

/** Shifts are estimated in hundredths, so that less than half of one is none. */
const NO_SHIFT_PX = 0.005;

/** What moves pixels by a shift: a whole number of pixels, and a rest of 0..1 that is interpolated. */
interface Move {
  readonly wholePx: number;
  /** Keys' weights for the pixels -1, 0, 1 and 2; only one where there is no rest. */
  readonly weights: readonly number[];
  /** Of the first weight. */
  readonly firstPx: number;
}

function moveOf(shiftPx: number): Move {
  const nearest = Math.round(shiftPx);
  if (Math.abs(shiftPx - nearest) < NO_SHIFT_PX) {
    return { wholePx: nearest, weights: [1], firstPx: nearest };
  }
  const wholePx = Math.floor(shiftPx);
  const rest = shiftPx - wholePx;
  const weights = [-1, 0, 1, 2].map((tap) => keys(tap - rest));
  return { wholePx, weights, firstPx: wholePx - 1 };
}

/** Keys 1981, a = -0.5: the kernel of MATLAB's bicubic interpolation. */
function keys(x: number): number {
  const distance = Math.abs(x);
  if (distance <= 1) return 1.5 * distance ** 3 - 2.5 * distance ** 2 + 1;
  if (distance < 2) return -0.5 * distance ** 3 + 2.5 * distance ** 2 - 4 * distance + 2;
  return 0;
}

/** The part of an image that still has pixels everywhere once its pixels are moved back by a shift. */
export function validRegion(widthPx: number, heightPx: number, { xPx, yPx }: Shift): Region {
  const [x, width] = validSpan(widthPx, moveOf(xPx));
  const [y, height] = validSpan(heightPx, moveOf(yPx));
  return { x, y, width, height };
}

function validSpan(length: number, { firstPx, weights }: Move): [start: number, length: number] {
  const start = Math.max(0, -firstPx);
  const end = Math.min(length, length - (firstPx + weights.length - 1));
  return [start, Math.max(0, end - start)];
}

/**
 * Reads a region of an image whose pixels are moved back by a shift, by bicubic interpolation (Keys,
 * a = -0.5); by a whole number of pixels they stay as they are.
 * @param region inside `validRegion`
 */
export async function readMoved(
  region: Region,
  { xPx, yPx }: Shift,
  read: (region: Region) => Promise<RgbImage>,
): Promise<RgbImage> {
  const [across, down] = [moveOf(xPx), moveOf(yPx)];
  const image = await read({
    x: region.x + across.firstPx,
    y: region.y + down.firstPx,
    width: region.width + across.weights.length - 1,
    height: region.height + down.weights.length - 1,
  });
  return across.weights.length === 1 && down.weights.length === 1
    ? image
    : interpolate(image, region, across.weights, down.weights);
}

function interpolate(
  { data, widthPx }: RgbImage,
  { width, height }: Region,
  across: readonly number[],
  down: readonly number[],
): RgbImage {
  const result = createRgbImage(width, height);
  const bytes = new Uint8ClampedArray(result.data.buffer);
  for (let i = 0; i < bytes.length; i++) {
    const row = Math.floor(i / (width * 3));
    const from = row * widthPx * 3 + (i % (width * 3));
    let sum = 0;
    for (let y = 0; y < down.length; y++) {
      for (let x = 0; x < across.length; x++) {
        const weight = (down[y] as number) * (across[x] as number);
        sum += weight * (data[from + (y * widthPx + x) * 3] as number);
      }
    }
    bytes[i] = sum;
  }
  return result;
}

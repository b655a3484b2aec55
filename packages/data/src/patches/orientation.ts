import { createRgbImage, type RandomStream, type RgbImage } from '@mmsr/core';

/** One of the eight ways a square can lie: mirrored first, then turned. */
export interface Orientation {
  /** Left to right. */
  readonly isFlipped: boolean;
  /** Clockwise quarter turns, 0 to 3. */
  readonly quarterTurns: number;
}

/** Draws two numbers whatever is allowed, so that one option does not change what the other does. */
export function drawOrientation(
  random: RandomStream,
  allowed: { readonly flip: boolean; readonly rotate: boolean },
): Orientation {
  const isFlipped = random.uniform() < 0.5;
  const quarterTurns = random.integer(4);
  return {
    isFlipped: allowed.flip && isFlipped,
    quarterTurns: allowed.rotate ? quarterTurns : 0,
  };
}

/** @param image square */
export function orient(image: RgbImage, orientation: Orientation): RgbImage {
  if (!orientation.isFlipped && orientation.quarterTurns === 0) return image;
  const side = image.widthPx;
  const start = cameFrom(0, 0, side, orientation);
  const perColumn = cameFrom(1, 0, side, orientation) - start;
  const perRow = cameFrom(0, 1, side, orientation) - start;
  const result = createRgbImage(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (start + y * perRow + x * perColumn) * 3;
      const to = (y * side + x) * 3;
      result.data[to] = image.data[from] as number;
      result.data[to + 1] = image.data[from + 1] as number;
      result.data[to + 2] = image.data[from + 2] as number;
    }
  }
  return result;
}

/** Index of the pixel that comes to lie at (x, y). */
function cameFrom(x: number, y: number, side: number, orientation: Orientation): number {
  const last = side - 1;
  const turnedBack = [
    [x, y],
    [y, last - x],
    [last - x, last - y],
    [last - y, x],
  ] as const;
  const [column, row] = turnedBack[orientation.quarterTurns] as readonly [number, number];
  return row * side + (orientation.isFlipped ? last - column : column);
}

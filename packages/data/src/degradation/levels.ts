import { imresize, type RgbImage } from '@mmsr/core';
import type { Levels } from './convolve.js';

/** How an image is made smaller. */
export type ShrinkMethod = 'bicubic' | 'area';

/** An image as numbers, so that stages do not round in between. */
export function toLevels({ widthPx, heightPx, data }: RgbImage): Levels {
  return { widthPx, heightPx, data: Float64Array.from(data) };
}

/** To 8 bits: clipped, halves rounded to the even neighbour, as a store into a clamped array does. */
export function toImage({ widthPx, heightPx, data }: Levels): RgbImage {
  return { widthPx, heightPx, data: new Uint8Array(new Uint8ClampedArray(data).buffer) };
}

/** @param scale whole factor by which both sides shrink */
export function shrink(image: Levels, scale: number, method: ShrinkMethod): Levels {
  return method === 'area'
    ? meansOfSquares(image, scale)
    : imresize({ ...image, channels: 3 }, 1 / scale);
}

function meansOfSquares({ widthPx, heightPx, data }: Levels, scale: number): Levels {
  const [width, height] = [widthPx / scale, heightPx / scale];
  const result = new Float64Array(width * height * 3);
  const share = 1 / (scale * scale);
  for (let y = 0, from = 0; y < heightPx; y++) {
    const row = Math.floor(y / scale) * width;
    for (let x = 0; x < widthPx; x++) {
      const to = (row + Math.floor(x / scale)) * 3;
      for (let channel = to; channel < to + 3; channel++) {
        result[channel] = (result[channel] as number) + share * (data[from++] as number);
      }
    }
  }
  return { widthPx: width, heightPx: height, data: result };
}

import type { Region, RgbImage } from './rgb-image.js';
import { packTaps, resampleBothAxes, toBytes, type Taps } from './separable.js';

/** What floating point may add to a position or take from it, in pixels. */
const SLACK_PX = 1e-6;

/** Where a border between output pixels lies in the input; exact where that is between two pixels. */
function borderPx(output: number, factor: number): number {
  const position = output * factor;
  const whole = Math.round(position);
  return Math.abs(position - whole) < SLACK_PX ? whole : position;
}

/**
 * Each output pixel is the mean of the input it covers, pixels cut by its border counting in part.
 * Positions are those of the whole image, so that a part of it gets the very same weights.
 * @param first output position of the first tap
 * @param inputFirst input position that index 0 stands for
 */
function areaTaps(first: number, length: number, factor: number, inputFirst: number): Taps {
  const count = Math.ceil(factor) + 1;
  const indices = new Int32Array(length * count);
  const weights = new Float64Array(length * count);
  for (let i = 0; i < length; i++) {
    const start = borderPx(first + i, factor);
    const end = borderPx(first + i + 1, factor);
    for (let tap = 0; tap < count; tap++) {
      const position = Math.floor(start) + tap;
      const overlap = Math.min(end, position + 1) - Math.max(start, position);
      indices[i * count + tap] = position - inputFirst;
      weights[i * count + tap] = Math.max(0, overlap) / (end - start);
    }
  }
  return packTaps(length, count, indices, weights);
}

/** Pixels along one side of an image that is shrunk: those it can fill. */
export function shrunkLength(length: number, factor: number): number {
  return Math.floor(length / factor + SLACK_PX);
}

/** The input pixels that a region of the shrunk image is made of. */
export function coveredRegion(region: Region, factor: number): Region {
  const x = Math.floor(borderPx(region.x, factor));
  const y = Math.floor(borderPx(region.y, factor));
  return {
    x,
    y,
    width: Math.ceil(borderPx(region.x + region.width, factor)) - x,
    height: Math.ceil(borderPx(region.y + region.height, factor)) - y,
  };
}

/**
 * Shrinks by averaging areas, as the levels of a scanner's pyramid are made.
 * @param image the pixels of `coveredRegion(region, factor)`
 * @param factor input pixels per output pixel, any real number of at least 1
 * @param region in pixels of the shrunk image
 * @returns the pixels of `region`, rounded, halves to even
 */
export function shrinkRegion(image: RgbImage, factor: number, region: Region): RgbImage {
  if (factor === 1) return image;
  if (Number.isInteger(factor)) return meansOfSquares(image, factor, region);
  const covered = coveredRegion(region, factor);
  const vertical = areaTaps(region.y, region.height, factor, covered.y);
  const horizontal = areaTaps(region.x, region.width, factor, covered.x);
  const shrunk = resampleBothAxes({ ...image, channels: 3 }, vertical, horizontal);
  return { widthPx: region.width, heightPx: region.height, data: toBytes(shrunk) };
}

/** A whole factor cuts no pixel: sums of whole numbers are exact, and faster. */
function meansOfSquares(image: RgbImage, factor: number, region: Region): RgbImage {
  const { width, height } = region;
  const result = new Uint8ClampedArray(width * height * 3);
  const sums = new Int32Array(width * 3);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = y * factor; row < (y + 1) * factor; row++) addRow(sums, image, row, factor);
    for (let i = 0; i < sums.length; i++) {
      // A store into a clamped array rounds halves to even.
      result[y * sums.length + i] = (sums[i] as number) / (factor * factor);
    }
  }
  return { widthPx: width, heightPx: height, data: new Uint8Array(result.buffer) };
}

function addRow(sums: Int32Array, { data, widthPx }: RgbImage, row: number, factor: number): void {
  for (let to = 0, from = row * widthPx * 3; to < sums.length; to += 3) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let i = 0; i < factor; i++, from += 3) {
      red += data[from] as number;
      green += data[from + 1] as number;
      blue += data[from + 2] as number;
    }
    sums[to] = (sums[to] as number) + red;
    sums[to + 1] = (sums[to + 1] as number) + green;
    sums[to + 2] = (sums[to + 2] as number) + blue;
  }
}

/**
 * Shrinks a whole image by averaging areas; what does not fill a pixel at the right and bottom is left out.
 * @param factor input pixels per output pixel, any real number of at least 1
 */
export function shrinkByArea(image: RgbImage, factor: number): RgbImage {
  return shrinkRegion(image, factor, {
    x: 0,
    y: 0,
    width: shrunkLength(image.widthPx, factor),
    height: shrunkLength(image.heightPx, factor),
  });
}

import type { RgbImage } from './rgb-image.js';
import { packTaps, resampleBothAxes, toBytes, type Samples, type Taps } from './separable.js';

/**
 * Bicubic resizing as MATLAB's imresize does it, and as the tables of the super-resolution literature
 * have it: Keys' kernel with a = -0.5, widened by 1/scale when shrinking (antialiasing), edges mirrored
 * with the edge pixel repeated, output sizes rounded up. Reference: MATLAB imresize; the same as
 * BasicSR's `imresize`.
 */
const KERNEL_WIDTH = 4;
const CACHED_TAPS = 256;

/** Keys 1981, a = -0.5. */
function cubic(x: number): number {
  const distance = Math.abs(x);
  const squared = distance * distance;
  if (distance <= 1) return 1.5 * squared * distance - 2.5 * squared + 1;
  if (distance <= 2) return -0.5 * squared * distance + 2.5 * squared - 4 * distance + 2;
  return 0;
}

/** Rounded up, but not for what floating point adds to a whole number. */
function resizedLength(length: number, scale: number): number {
  return Math.ceil(length * scale - 1e-9);
}

/** The input position that a position beyond the edge stands for. */
function mirrored(position: number, length: number): number {
  const period = 2 * length;
  const within = ((position % period) + period) % period;
  return within < length ? within : period - 1 - within;
}

function makeTaps(inputLength: number, scale: number): Taps {
  const length = resizedLength(inputLength, scale);
  const shrink = Math.min(1, scale);
  const width = KERNEL_WIDTH / shrink;
  const count = Math.ceil(width) + 2;
  const indices = new Int32Array(length * count);
  const weights = new Float64Array(length * count);
  for (let i = 0; i < length; i++) {
    const center = (i + 0.5) / scale - 0.5;
    const left = Math.floor(center - width / 2);
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = shrink * cubic(shrink * (center - left - tap));
      indices[i * count + tap] = mirrored(left + tap, inputLength);
      weights[i * count + tap] = weight;
      sum += weight;
    }
    for (let tap = i * count; tap < (i + 1) * count; tap++) {
      weights[tap] = (weights[tap] as number) / sum;
    }
  }
  return packTaps(length, count, indices, weights);
}

const cache = new Map<string, Taps>();

function tapsOf(length: number, scale: number): Taps {
  const key = `${length} ${scale}`;
  let taps = cache.get(key);
  if (taps === undefined) {
    taps = makeTaps(length, scale);
    if (cache.size >= CACHED_TAPS) cache.clear();
    cache.set(key, taps);
  }
  return taps;
}

/** Numbers resized: [heightPx, widthPx, channels] in float64, not clipped. */
export interface ResizedSamples extends Samples {
  readonly data: Float64Array<ArrayBuffer>;
}

/**
 * MATLAB-style bicubic resizing of numbers.
 * @param image [heightPx, widthPx, channels], any range
 * @param scale output size over input size, such as 2 or 1/3
 * @returns sizes are ceil(size * scale); values may leave the input's range
 */
export function imresize(image: Samples, scale: number): ResizedSamples {
  const vertical = tapsOf(image.heightPx, scale);
  const horizontal = tapsOf(image.widthPx, scale);
  return {
    data: resampleBothAxes(image, vertical, horizontal),
    heightPx: vertical.length,
    widthPx: horizontal.length,
    channels: image.channels,
  };
}

/**
 * MATLAB-style bicubic resizing of an 8-bit image; the result is clipped and rounded, halves to even.
 * @param scale output size over input size, such as 2 or 1/3
 */
export function resizeBicubic({ data, widthPx, heightPx }: RgbImage, scale: number): RgbImage {
  const resized = imresize({ data, widthPx, heightPx, channels: 3 }, scale);
  return {
    widthPx: resized.widthPx,
    heightPx: resized.heightPx,
    data: toBytes(resized.data),
  };
}

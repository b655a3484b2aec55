import type { Region, RgbImage } from '@mmsr/core';

/**
 * Saturation of an image as in HSV, in 0..255: (max - min) / max of the colours, 0 for black.
 * @returns [heightPx, widthPx]
 */
export function saturation({ data }: RgbImage): Uint8Array {
  return Uint8Array.from({ length: data.length / 3 }, (_, pixel) => {
    const [r, g, b] = data.subarray(pixel * 3, pixel * 3 + 3) as unknown as [
      number,
      number,
      number,
    ];
    const largest = Math.max(r, g, b);
    return largest === 0 ? 0 : Math.round((255 * (largest - Math.min(r, g, b))) / largest);
  });
}

/**
 * Otsu's threshold (1979): values above it are one class, the others the other, such that the variance
 * between the two is largest; of several such thresholds the lowest. The value itself where all are the same.
 */
export function otsuThreshold(values: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const value of values) counts[value] = (counts[value] as number) + 1;
  const sum = counts.reduce((total, count, value) => total + count * value, 0);
  let best = { threshold: values[0] ?? 0, variance: 0 };
  let below = 0;
  let belowSum = 0;
  for (let threshold = 0; threshold < 255; threshold++) {
    below += counts[threshold] as number;
    belowSum += threshold * (counts[threshold] as number);
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const apart = belowSum / below - (sum - belowSum) / above;
    const variance = below * above * apart * apart;
    if (variance > best.variance) best = { threshold, variance };
  }
  return best.threshold;
}

/**
 * Where Otsu's threshold is not believed: below, glass alone was split by its noise; above, tissue alone, pale
 * from deep. Saturations in 0..255, our choice.
 */
const LOWEST_THRESHOLD = 8;
const HIGHEST_THRESHOLD = 51;

/**
 * Which pixels of a small picture of a slide are tissue: more saturated than Otsu's threshold, after a vote
 * of each with its eight neighbours, which removes specks and fills holes.
 * @returns [heightPx, widthPx], 1 for tissue
 */
export function detectTissue(image: RgbImage): Uint8Array {
  const values = saturation(image);
  const otsu = otsuThreshold(values);
  const threshold = Math.min(HIGHEST_THRESHOLD, Math.max(LOWEST_THRESHOLD, otsu));
  return majority(
    Uint8Array.from(values, (value) => (value > threshold ? 1 : 0)),
    image.widthPx,
    image.heightPx,
  );
}

/** Each pixel as most of its 3x3 neighbourhood, edges repeated outwards. */
function majority(mask: Uint8Array, width: number, height: number): Uint8Array {
  const result = new Uint8Array(mask.length);
  const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let votes = 0;
      for (let dy = -1; dy <= 1; dy++) {
        const row = clamp(y + dy, height) * width;
        for (let dx = -1; dx <= 1; dx++) votes += mask[row + clamp(x + dx, width)] as number;
      }
      result[y * width + x] = votes >= 5 ? 1 : 0;
    }
  }
  return result;
}

/** Where the tissue of a slide is. */
export interface TissueMask {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Native pixels along one of the mask. */
  readonly factor: number;
  /** [heightPx, widthPx], 1 for tissue; in memory that threads share. */
  readonly pixels: Uint8Array;
}

/** Says how much of a region is tissue, at once whatever its size. */
export class TissueMap {
  /** Tissue above and left of each corner, [heightPx + 1, widthPx + 1]. */
  readonly #sums: Uint32Array;

  constructor(private readonly mask: TissueMask) {
    const { widthPx, heightPx, pixels } = mask;
    const across = widthPx + 1;
    this.#sums = new Uint32Array(across * (heightPx + 1));
    for (let y = 0; y < heightPx; y++) {
      let row = 0;
      for (let x = 0; x < widthPx; x++) {
        row += pixels[y * widthPx + x] as number;
        this.#sums[(y + 1) * across + x + 1] = (this.#sums[y * across + x + 1] as number) + row;
      }
    }
  }

  /**
   * The part of a region that is tissue, in 0..1, of all mask pixels that it touches.
   * @param region in native pixels, not empty
   */
  fraction({ x, y, width, height }: Region): number {
    const { factor, widthPx, heightPx } = this.mask;
    const [left, right] = span(x, width, factor, widthPx);
    const [top, bottom] = span(y, height, factor, heightPx);
    const at = (column: number, row: number) => this.#sums[row * (widthPx + 1) + column] as number;
    const tissue = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
    return tissue / ((right - left) * (bottom - top));
  }
}

/** First mask pixel that a stretch of native ones touches, and the first after it. */
function span(start: number, length: number, factor: number, size: number): [number, number] {
  const first = Math.min(size - 1, Math.floor(start / factor));
  return [first, Math.min(size, Math.max(first + 1, Math.ceil((start + length) / factor)))];
}

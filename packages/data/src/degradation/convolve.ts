import type { Kernel, SeparableKernel } from './kernels.js';

/** RGB numbers in grey levels, not clipped: [heightPx, widthPx, 3]. */
export interface Levels {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Float64Array;
}

/**
 * Weighs each pixel's neighbourhood. Edges are mirrored with the edge pixel repeated, as `imresize` and
 * scipy.ndimage's `reflect` have it. The kernel is not turned: those here are symmetric about their middle.
 * @returns the same size
 */
export function convolve(image: Levels, { radius, weights }: Kernel): Levels {
  const { widthPx, heightPx } = image;
  const padded = mirrorEdges(image, radius);
  const rowLength = padded.widthPx * 3;
  const side = 2 * radius + 1;
  const result = new Float64Array(heightPx * widthPx * 3);
  for (let tap = 0; tap < weights.length; tap++) {
    const weight = weights[tap] as number;
    if (weight === 0) continue;
    const start = Math.floor(tap / side) * rowLength + (tap % side) * 3;
    addWeighted(result, padded.data, weight, { start, rowLength, width: widthPx * 3 });
  }
  return { widthPx, heightPx, data: result };
}

/** The same for a kernel that is the product of two lines: first along the columns, then along the rows. */
export function convolveLines(image: Levels, { radius, line }: SeparableKernel): Levels {
  const { widthPx, heightPx } = image;
  const padded = mirrorEdges(image, radius);
  const rowLength = padded.widthPx * 3;
  const columns = new Float64Array(heightPx * rowLength);
  const result = new Float64Array(heightPx * widthPx * 3);
  line.forEach((weight, tap) => {
    addWeighted(columns, padded.data, weight, {
      start: tap * rowLength,
      rowLength,
      width: rowLength,
    });
  });
  line.forEach((weight, tap) => {
    addWeighted(result, columns, weight, { start: tap * 3, rowLength, width: widthPx * 3 });
  });
  return { widthPx, heightPx, data: result };
}

/** Row by row: the inner loop runs over neighbouring numbers of both. */
function addWeighted(
  sum: Float64Array,
  from: Float64Array,
  weight: number,
  { start, rowLength, width }: { start: number; rowLength: number; width: number },
): void {
  for (let row = 0, to = 0; to < sum.length; row++) {
    let at = start + row * rowLength;
    for (const end = to + width; to < end; to++, at++) {
      sum[to] = (sum[to] as number) + weight * (from[at] as number);
    }
  }
}

function mirrorEdges({ widthPx, heightPx, data }: Levels, radius: number): Levels {
  const width = widthPx + 2 * radius;
  const height = heightPx + 2 * radius;
  const result = new Float64Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = mirrored(y - radius, heightPx) * widthPx;
    for (let x = 0; x < width; x++, to += 3) {
      const from = (row + mirrored(x - radius, widthPx)) * 3;
      result[to] = data[from] as number;
      result[to + 1] = data[from + 1] as number;
      result[to + 2] = data[from + 2] as number;
    }
  }
  return { widthPx: width, heightPx: height, data: result };
}

/** The position inside that one beyond the edge stands for. */
function mirrored(position: number, length: number): number {
  const period = 2 * length;
  const within = ((position % period) + period) % period;
  return within < length ? within : period - 1 - within;
}

import type { Plane } from './planes.js';

export const SSIM_WINDOW_PX = 11;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** The Gaussian window of SSIM along one axis; it sums to 1. */
export function gaussianWindow(): Float64Array {
  const centre = (SSIM_WINDOW_PX - 1) / 2;
  const window = Float64Array.from({ length: SSIM_WINDOW_PX }, (_, i) =>
    Math.exp(-((i - centre) ** 2) / (2 * SIGMA * SIGMA)),
  );
  const sum = window.reduce((total, weight) => total + weight, 0);
  return window.map((weight) => weight / sum);
}

/**
 * Structural similarity (Wang et al. 2004), mean over the planes: float64, Gaussian 11x11, sigma 1.5,
 * valid region, data range 255; BasicSR's and MATLAB's definition.
 */
export function ssim(a: readonly Plane[], b: readonly Plane[]): number {
  const values = a.map((plane, channel) => ssimOfPlanes(plane, b[channel] as Plane));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function ssimOfPlanes(a: Plane, b: Plane): number {
  const product = (p: Plane, q: Plane): Plane => ({
    ...p,
    data: p.data.map((value, i) => value * (q.data[i] as number)),
  });
  const meanA = blur(a);
  const meanB = blur(b);
  const squareA = blur(product(a, a));
  const squareB = blur(product(b, b));
  const cross = blur(product(a, b));
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const muA = meanA[i] as number;
    const muB = meanB[i] as number;
    const varianceA = (squareA[i] as number) - muA * muA;
    const varianceB = (squareB[i] as number) - muB * muB;
    const covariance = (cross[i] as number) - muA * muB;
    sum +=
      ((2 * muA * muB + C1) * (2 * covariance + C2)) /
      ((muA * muA + muB * muB + C1) * (varianceA + varianceB + C2));
  }
  return sum / meanA.length;
}

const WINDOW = gaussianWindow();

/** Filters with the window along both axes, only where it fits. */
function blur({ data, widthPx, heightPx }: Plane): Float64Array {
  const outWidth = widthPx - SSIM_WINDOW_PX + 1;
  const outHeight = heightPx - SSIM_WINDOW_PX + 1;
  const rows = filter(data, outWidth, heightPx, widthPx, 1);
  return filter(rows, outWidth, outHeight, outWidth, outWidth);
}

/** @param stride distance between neighbours along the filtered axis */
function filter(
  data: Float64Array,
  outWidth: number,
  outHeight: number,
  rowLength: number,
  stride: number,
): Float64Array {
  const out = new Float64Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const start = y * rowLength + x;
      let sum = 0;
      for (let k = 0; k < SSIM_WINDOW_PX; k++) {
        sum += (WINDOW[k] as number) * (data[start + k * stride] as number);
      }
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

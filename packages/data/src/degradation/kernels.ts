/** A square kernel of weights around its middle, summing to 1. */
export interface Kernel {
  /** Side is 2 * radius + 1. */
  readonly radius: number;
  /** [side, side], rows from the top. */
  readonly weights: Float64Array;
}

/** Weights along one axis, the same along both, summing to 1. */
export interface SeparableKernel {
  /** There are 2 * radius + 1 of them. */
  readonly radius: number;
  readonly line: Float64Array;
}

/** Standard deviations along two axes at right angles, in pixels, the first turned by `angle` radians. */
export interface GaussianShape {
  readonly sigmaX: number;
  readonly sigmaY: number;
  readonly angle: number;
}

/** Where a Gaussian is cut off, in standard deviations: beyond lie 0.3 % of one axis. */
const TRUNCATE = 3;

function square(radius: number, weight: (x: number, y: number) => number): Kernel {
  const side = 2 * radius + 1;
  const weights = Float64Array.from({ length: side * side }, (_, i) =>
    weight((i % side) - radius, Math.floor(i / side) - radius),
  );
  const sum = weights.reduce((total, one) => total + one, 0);
  return { radius, weights: weights.map((one) => one / sum) };
}

/**
 * A Gaussian, sampled at the middle of each pixel and cut off at three standard deviations. The
 * covariance is R diag(sigmaX^2, sigmaY^2) R^T as in BasicSR's `bivariate_Gaussian` (Real-ESRGAN, Wang et
 * al. 2021). With equal deviations it is what scipy.ndimage.gaussian_filter has with truncate=3.
 * @param shape deviations above 0, in pixels
 */
export function gaussianKernel({ sigmaX, sigmaY, angle }: GaussianShape): Kernel {
  const radius = Math.max(1, Math.floor(TRUNCATE * Math.max(sigmaX, sigmaY) + 0.5));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return square(radius, (x, y) => {
    const along = (x * cos + y * sin) / sigmaX;
    const across = (y * cos - x * sin) / sigmaY;
    return Math.exp(-0.5 * (along * along + across * across));
  });
}

/**
 * The Gaussian of one deviation in all directions, as the product of two lines: the same weights as
 * `gaussianKernel` has.
 */
export function gaussianLine(sigma: number): SeparableKernel {
  const { radius, weights } = gaussianKernel({ sigmaX: sigma, sigmaY: sigma, angle: 0 });
  const side = 2 * radius + 1;
  const middle = weights.subarray(radius * side, (radius + 1) * side);
  const sum = middle.reduce((total, one) => total + one, 0);
  return { radius, line: middle.map((one) => one / sum) };
}

/** The share of each pixel that a disk around the middle one covers, exactly, over the disk's area. */
export function diskKernel(radiusPx: number): Kernel {
  return square(Math.max(0, Math.ceil(radiusPx - 0.5)), (x, y) => diskOverlap(x, y, radiusPx));
}

/**
 * Area that a pixel of side 1 around (x, y) and a disk around the origin have in common.
 * @param radius of the disk, in pixels, above 0
 */
export function diskOverlap(x: number, y: number, radius: number): number {
  const corner = (right: number, low: number) =>
    quadrantArea(x + right, y + low, radius) * Math.sign(x + right) * Math.sign(y + low);
  return corner(0.5, 0.5) - corner(-0.5, 0.5) - corner(0.5, -0.5) + corner(-0.5, -0.5);
}

/** Area of the disk between the axes and the point with these distances from them. */
function quadrantArea(x: number, y: number, radius: number): number {
  const width = Math.min(Math.abs(x), radius);
  const height = Math.min(Math.abs(y), radius);
  // Up to here the height is the limit, beyond it the circle.
  const turn = Math.min(width, Math.sqrt(radius * radius - height * height));
  return height * turn + underCircle(width, radius) - underCircle(turn, radius);
}

/** The integral of sqrt(radius^2 - u^2) from 0 to u. */
function underCircle(u: number, radius: number): number {
  const height = Math.sqrt(Math.max(0, radius * radius - u * u));
  return 0.5 * (u * height + radius * radius * Math.asin(Math.min(1, u / radius)));
}

import { percentile } from './optical-density.js';
import {
  areDistinct,
  combine,
  dot,
  eigenvectors,
  hematoxylinFirst,
  scaled,
  type StainVectors,
  type Vector,
} from './vectors.js';

/** Share of the pixels at either end that may be of another colour; Macenko's alpha. */
const OUTLIERS = 0.01;

/**
 * The stains of tissue: in the plane of the two main directions of the optical densities, the directions
 * at either end. Source: Macenko et al., "A method for normalizing histology slides for quantitative
 * analysis", ISBI 2009; with the constants of torchstain, and the same results.
 * @param densities [pixels, 3]
 * @returns unit vectors; undefined where all of the tissue has one colour
 */
export function macenkoVectors(densities: Float64Array): StainVectors | undefined {
  const [first, second] = eigenvectors(covariance(densities)) as [Vector, Vector, Vector];
  // Densities are positive, so that angles are taken around their side of the main direction.
  const main = first[0] + first[1] + first[2] < 0 ? scaled(first, -1) : first;
  const angles = anglesInPlane(densities, main, second);
  const at = (angle: number) => combine(main, Math.cos(angle), second, Math.sin(angle));
  const low = at(percentile(angles, OUTLIERS));
  const high = at(percentile(angles, 1 - OUTLIERS));
  const vectors = hematoxylinFirst(low, high);
  return areDistinct(vectors) ? vectors : undefined;
}

function anglesInPlane(densities: Float64Array, main: Vector, second: Vector): Float64Array {
  const angles = new Float64Array(densities.length / 3);
  for (let pixel = 0; pixel < angles.length; pixel++) {
    const density = densityAt(densities, pixel);
    angles[pixel] = Math.atan2(dot(density, second), dot(density, main));
  }
  return angles;
}

function densityAt(densities: Float64Array, pixel: number): Vector {
  const at = pixel * 3;
  return [densities[at] as number, densities[at + 1] as number, densities[at + 2] as number];
}

function covariance(densities: Float64Array): Vector[] {
  const count = densities.length / 3;
  let mean: Vector = [0, 0, 0];
  for (let i = 0; i < count; i++) mean = combine(mean, 1, densityAt(densities, i), 1 / count);
  let rows: Vector[] = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (let i = 0; i < count; i++) {
    const off = combine(densityAt(densities, i), 1, mean, -1);
    rows = rows.map((row, k) => combine(row, 1, off, (off[k] as number) / (count - 1)));
  }
  return rows;
}

import type { RgbImage } from '@mmsr/core';
import { macenkoVectors } from './macenko.js';
import { DENSITIES, INCIDENT_LIGHT, percentile, tissueDensities } from './optical-density.js';
import { areDistinct, combine, dot, type StainVectors, type Vector } from './vectors.js';

/** How an image is stained; plain data. */
export interface Staining {
  readonly vectors: StainVectors;
  /** 99th percentile of the amount of each stain. */
  readonly maxima: readonly [number, number];
}

/** Amounts of two stains in a pixel of an optical density. */
export type Unmix = (density: Vector) => readonly [number, number];

/** A way to find the stains of an image and their amounts. */
export interface Separation {
  readonly estimate: (tissue: Float64Array) => StainVectors | undefined;
  readonly unmixer: (vectors: StainVectors) => Unmix;
}

export const macenko: Separation = { estimate: macenkoVectors, unmixer: leastSquares };

/** The amounts nearest to the density, from the normal equations of two stains. */
export function leastSquares([a, b]: StainVectors): Unmix {
  const [aa, ab, bb] = [dot(a, a), dot(a, b), dot(b, b)];
  const determinant = aa * bb - ab * ab;
  const first = combine(a, bb / determinant, b, -ab / determinant);
  const second = combine(b, aa / determinant, a, -ab / determinant);
  return (density) => [dot(first, density), dot(second, density)];
}

/** Where the densities of an image's pixel are looked up. */
export function densityOf(data: Uint8Array, at: number): Vector {
  return [
    DENSITIES[data[at] as number] as number,
    DENSITIES[data[at + 1] as number] as number,
    DENSITIES[data[at + 2] as number] as number,
  ];
}

/** The stains of an image; undefined where there is too little tissue, or tissue of one colour. */
export function stainsOf(image: RgbImage, { estimate }: Separation): StainVectors | undefined {
  const tissue = tissueDensities(image);
  const vectors = tissue === undefined ? undefined : estimate(tissue);
  return vectors !== undefined && areDistinct(vectors) ? vectors : undefined;
}

/** The staining of an image; undefined where `stainsOf` is, or where a stain is missing. */
export function stainingOf(image: RgbImage, separation: Separation): Staining | undefined {
  const vectors = stainsOf(image, separation);
  if (vectors === undefined) return undefined;
  const unmix = separation.unmixer(vectors);
  const amounts = [0, 1].map(() => new Float64Array(image.data.length / 3));
  const [first, second] = amounts as [Float64Array, Float64Array];
  for (let pixel = 0; pixel < first.length; pixel++) {
    const [a, b] = unmix(densityOf(image.data, pixel * 3));
    first[pixel] = a;
    second[pixel] = b;
  }
  const maxima = [percentile(first, 0.99), percentile(second, 0.99)] as const;
  return Math.min(...maxima) > 0 ? { vectors, maxima } : undefined;
}

/** A stain that would have to be made so many times stronger or weaker is hardly there. */
const LARGEST_FACTOR = 5;

/**
 * The change of pixels that brings one staining to another: the amounts of the stains are scaled by their
 * 99th percentiles and shown in the reference's colours.
 * @returns undefined where a stain is nearly missing, so that noise would be made a stain
 */
export function restain(
  from: Staining,
  to: Staining,
  { unmixer }: Separation,
): ((image: RgbImage) => RgbImage) | undefined {
  const factors = to.maxima.map((maximum, i) => maximum / (from.maxima[i] as number));
  const strongest = Math.max(...factors, ...factors.map((factor) => 1 / factor));
  if (strongest > LARGEST_FACTOR) return undefined;
  const unmix = unmixer(from.vectors);
  const [a, b] = to.vectors;
  const [first, second] = factors as [number, number];
  return (image) => {
    const data = new Uint8ClampedArray(image.data.length);
    for (let i = 0; i < data.length; i += 3) {
      const amounts = unmix(densityOf(image.data, i));
      const density = combine(a, amounts[0] * first, b, amounts[1] * second);
      data[i] = INCIDENT_LIGHT * Math.exp(-density[0]);
      data[i + 1] = INCIDENT_LIGHT * Math.exp(-density[1]);
      data[i + 2] = INCIDENT_LIGHT * Math.exp(-density[2]);
    }
    return { ...image, data: new Uint8Array(data.buffer) };
  };
}

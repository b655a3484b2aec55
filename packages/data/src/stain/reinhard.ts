import type { RgbImage } from '@mmsr/core';
import { fromLab, toLab } from './lab.js';
import { tissueDensities } from './optical-density.js';

/** Mean and standard deviation of L*, a* and b*; plain data. */
export interface LabStatistics {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** Below it a channel of L*a*b* is flat. */
const LEAST_DEVIATION = 1e-3;

/**
 * The statistics of all pixels; undefined where there is too little tissue, or one colour.
 * Source: Reinhard et al., "Color transfer between images", 2001, in CIE L*a*b* as torchstain has it.
 */
export function labStatistics(image: RgbImage): LabStatistics | undefined {
  if (tissueDensities(image) === undefined) return undefined;
  const lab = toLab(image.data);
  const count = lab.length / 3;
  const means = [0, 0, 0];
  const squares = [0, 0, 0];
  lab.forEach((value, i) => (means[i % 3] = (means[i % 3] as number) + value / count));
  lab.forEach((value, i) => {
    squares[i % 3] = (squares[i % 3] as number) + (value - (means[i % 3] as number)) ** 2 / count;
  });
  const deviations = squares.map(Math.sqrt);
  return Math.min(...deviations) < LEAST_DEVIATION ? undefined : { means, deviations };
}

/** The change of pixels that gives an image of some statistics others. */
export function moveStatistics(
  from: LabStatistics,
  to: LabStatistics,
): (image: RgbImage) => RgbImage {
  const factors = to.deviations.map((value, k) => value / (from.deviations[k] as number));
  return (image) => {
    const lab = toLab(image.data).map((value, i) => {
      const [k, factor] = [i % 3, factors[i % 3] as number];
      return (value - (from.means[k] as number)) * factor + (to.means[k] as number);
    });
    return { ...image, data: fromLab(lab) };
  };
}

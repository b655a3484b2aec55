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
  const means = [0, 1, 2].map((k) => channelMean(lab, k, (value) => value));
  const deviations = means.map((mean, k) =>
    Math.sqrt(channelMean(lab, k, (value) => (value - mean) * (value - mean))),
  );
  return Math.min(...deviations) < LEAST_DEVIATION ? undefined : { means, deviations };
}

function channelMean(lab: Float64Array, k: number, term: (value: number) => number): number {
  let sum = 0;
  for (let i = k; i < lab.length; i += 3) sum += term(lab[i] as number);
  return (3 * sum) / lab.length;
}

/** The change of pixels that gives an image of some statistics others. */
export function moveStatistics(
  from: LabStatistics,
  to: LabStatistics,
): (image: RgbImage) => RgbImage {
  const factors = to.deviations.map((value, k) => value / (from.deviations[k] as number));
  return (image) => {
    const lab = toLab(image.data);
    factors.forEach((factor, k) => {
      const [middle, goal] = [from.means[k] as number, to.means[k] as number];
      for (let i = k; i < lab.length; i += 3)
        lab[i] = ((lab[i] as number) - middle) * factor + goal;
    });
    return { ...image, data: fromLab(lab) };
  };
}

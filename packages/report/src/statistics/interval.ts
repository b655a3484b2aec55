import {
  bootstrapMeans,
  meansByGroup,
  percentileInterval,
  type BootstrapOptions,
  type GroupedSample,
  type Interval,
  type SeedSample,
} from './bootstrap.js';
import { mean, standardDeviation } from './effect-size.js';
import { studentQuantile } from './normal.js';

/** Of the standard normal distribution, at 2.5 % above. */
const NORMAL_QUANTILE = 1.959963984540054;
const TAIL = 0.025;

/**
 * The 95 % interval of the mean difference: percentiles of the bootstrap means, stretched from the estimate by
 * Student's quantile over the normal one. Plain percentiles are too narrow with few groups and far too narrow
 * with few seeds that differ, since means of so few are spread as Student's distribution and not as the normal
 * one. The degrees of freedom are Satterthwaite's (Biometrics Bulletin 2, 1946) of the two levels: those of the
 * groups where slides are what differs, those of the seeds where seeds are.
 * @param sample of at least 2 groups or 2 seeds
 */
export function bootstrapInterval(sample: GroupedSample, options?: BootstrapOptions): Interval {
  const { low, high } = percentileInterval(bootstrapMeans(sample, options), TAIL);
  const total = (of: (seed: SeedSample) => Float64Array) =>
    mean(sample.seeds.map((s) => sum(of(s))));
  const estimate = total(({ sums }) => sums) / total(({ counts }) => counts);
  const stretch = studentAt(degreesOfFreedom(sample)) / NORMAL_QUANTILE;
  return {
    low: estimate - stretch * (estimate - low),
    high: estimate + stretch * (high - estimate),
  };
}

/** Part of the variance of the mean difference, and how many degrees of freedom it is known by. */
interface VarianceComponent {
  readonly variance: number;
  readonly degreesOfFreedom: number;
}

/** Satterthwaite's, of the variances that the resampling of seeds and of groups gives. */
export function degreesOfFreedom({ seeds, sharedGroups }: GroupedSample): number {
  const ofSeeds = varianceOfMean(seeds.map(({ sums, counts }) => sum(sums) / sum(counts)));
  const within = sharedGroups
    ? varianceOfMean(meansByGroup({ seeds, sharedGroups }))
    : pooled(seeds.map((seed) => varianceOfMean(meansByGroup({ seeds: [seed], sharedGroups }))));
  const parts = [ofSeeds, within].filter(({ variance }) => variance > 0);
  if (parts.length === 0) return Infinity;
  const variance = parts.reduce((all, part) => all + part.variance, 0);
  return (
    variance ** 2 / parts.reduce((all, part) => all + part.variance ** 2 / part.degreesOfFreedom, 0)
  );
}

function varianceOfMean(values: readonly number[]): VarianceComponent {
  const deviation = standardDeviation(values) ?? 0;
  return { variance: deviation ** 2 / values.length, degreesOfFreedom: values.length - 1 };
}

/** Of seeds with groups of their own, of which one fewer than there are is drawn. */
function pooled(parts: readonly VarianceComponent[]): VarianceComponent {
  return {
    variance: mean(parts.map(({ variance }) => variance)) / Math.max(1, parts.length - 1),
    degreesOfFreedom: parts.reduce((all, part) => all + part.degreesOfFreedom, 0),
  };
}

/** Student's quantile for any degrees of freedom from 1: between whole numbers by their inverse. */
function studentAt(degrees: number): number {
  if (!Number.isFinite(degrees)) return NORMAL_QUANTILE;
  const below = Math.max(1, Math.floor(degrees));
  const share = (1 / below - 1 / Math.max(1, degrees)) / (1 / below - 1 / (below + 1));
  const [low, high] = [studentQuantile(TAIL, below), studentQuantile(TAIL, below + 1)];
  return low + share * (high - low);
}

function sum(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0);
}

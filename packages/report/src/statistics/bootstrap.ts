import { randomStream, type RandomStream } from '@mmsr/core';
import { normalTail, studentQuantile } from './normal.js';

/** Differences of one seed, summed over the images of each group. */
export interface SeedSample {
  readonly seed: number;
  /** By group. */
  readonly sums: Float64Array;
  /** Images, by group. */
  readonly counts: Float64Array;
}

/** What is resampled: the groups within each seed, and the seeds. */
export interface GroupedSample {
  readonly seeds: readonly SeedSample[];
  /**
   * Whether the seeds were tested on the same groups, in the same order. A slide that is hard is then hard
   * for every seed, so a resample takes the same groups for all of them.
   */
  readonly sharedGroups: boolean;
}

export interface BootstrapOptions {
  /** By default 10,000. */
  readonly resamples?: number;
  /** Of the random numbers. */
  readonly seed?: number;
}

export const DEFAULT_RESAMPLES = 10_000;
export const BOOTSTRAP_SEED = 1;

/**
 * Means over images of samples drawn again: first seeds, then groups (slides or patients) within them, each with
 * replacement; all images of a group stay together. Of S seeds S - 1 are drawn, which makes the variance
 * between so few unbiased (Rao and Wu, JASA 83, 1988); groups are as many as there are.
 * @returns the means, ascending
 */
export function bootstrapMeans(
  sample: GroupedSample,
  { resamples = DEFAULT_RESAMPLES, seed = BOOTSTRAP_SEED }: BootstrapOptions = {},
): Float64Array {
  const random = randomStream(seed, 'bootstrap');
  const { seeds, sharedGroups } = sample;
  const seedDraws = Math.max(1, seeds.length - 1);
  const largest = Math.max(...seeds.map(({ sums }) => sums.length));
  const drawn = new Uint32Array(largest);
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < seedDraws; draw++) {
      const { sums, counts } = seeds[random.integer(seeds.length)] as SeedSample;
      if (draw === 0 || !sharedGroups) drawGroups(random, drawn, sums.length);
      for (let i = 0; i < sums.length; i++) {
        const group = drawn[i] as number;
        sum += sums[group] as number;
        count += counts[group] as number;
      }
    }
    means[r] = sum / count;
  }
  // Where images were left out, a resample may hold none at all.
  return means.filter(Number.isFinite).sort();
}

/** From 24 random bits each: fast, and of 1,000 groups none is favoured by more than 0.006 %. */
function drawGroups(random: RandomStream, drawn: Uint32Array, groups: number): void {
  for (let i = 0; i < groups; i++) drawn[i] = random.uniform() * groups;
}

/** Both ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Share of the bootstrap distribution to leave out at each end. Resamples of few groups vary less than
 * samples do, by (n - 1) / n in the variance and by the normal in place of Student's distribution; plain
 * percentiles of 10 groups hold the truth in about 90 % of cases where 95 % are promised. So the tails are
 * narrowed to Phi(-sqrt(n / (n - 1)) t(n - 1)), the expanded percentile interval of Hesterberg (American
 * Statistician 69, 2015), which for means of normal data is Student's interval.
 * @param groups at least 2
 */
export function expandedTail(level: number, groups: number): number {
  const t = studentQuantile((1 - level) / 2, groups - 1);
  return normalTail(Math.sqrt(groups / (groups - 1)) * t);
}

/**
 * The values that leave a share of the distribution out at each end, interpolated as numpy's quantile.
 * @param sorted ascending
 */
export function percentileInterval(sorted: Float64Array, tail: number): Interval {
  return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
}

function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (position - below) * (high - low);
}

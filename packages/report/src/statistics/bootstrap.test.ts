import { bootstrapMeans, percentileInterval, type GroupedSample } from './bootstrap.js';
import { mean, standardDeviation } from './effect-size.js';

const VALUES = [0.3, -0.1, 0.4, 0.15, 0.05, 0.6, -0.2, 0.25];

function sampleOf(bySeed: readonly (readonly number[])[], sharedGroups = true): GroupedSample {
  const seeds = bySeed.map((values, seed) => ({
    seed,
    sums: Float64Array.from(values),
    counts: new Float64Array(values.length).fill(1),
  }));
  return { seeds, sharedGroups };
}

const spread = (sample: GroupedSample) => standardDeviation([...bootstrapMeans(sample)]) as number;

test('the same numbers every time, other ones with another seed', () => {
  const sample = sampleOf([VALUES]);
  const means = bootstrapMeans(sample);
  expect(means.length).toBe(10_000);
  expect(bootstrapMeans(sample)).toEqual(means);
  expect(bootstrapMeans(sample, { seed: 2 })).not.toEqual(means);
});

test('of one seed, means spread as the standard error of the mean', () => {
  const means = bootstrapMeans(sampleOf([VALUES]));
  expect(mean([...means])).toBeCloseTo(mean(VALUES), 2);
  const expected = (standardDeviation(VALUES) as number) / Math.sqrt(VALUES.length);
  expect(spread(sampleOf([VALUES])) / expected).toBeCloseTo(1, 1);
});

test('seeds of the same slides add nothing when they agree, unlike seeds of other slides', () => {
  const one = spread(sampleOf([VALUES]));
  expect(spread(sampleOf([VALUES, VALUES, VALUES])) / one).toBeCloseTo(1, 1);
  const anew = spread(sampleOf([VALUES, VALUES, VALUES], false));
  expect(anew / one).toBeCloseTo(1 / Math.sqrt(2), 1);
});

test('seeds that differ widen the interval by their own standard error', () => {
  const seeds = [-0.3, 0.1, 0.2];
  const flat = seeds.map((value) => VALUES.map(() => value));
  const expected = (standardDeviation(seeds) as number) / Math.sqrt(3);
  expect(spread(sampleOf(flat)) / expected).toBeCloseTo(1, 1);
});

test('a group with more images counts more, as in the mean over images', () => {
  const sums = Float64Array.of(10, 1, 0);
  const counts = Float64Array.of(10, 2, 2);
  const means = bootstrapMeans({ seeds: [{ seed: 1, sums, counts }], sharedGroups: true });
  // Two of the three groups are drawn.
  expect([...new Set(means)]).toEqual([0, 0.25, 0.5, 10 / 12, 11 / 12, 1]);
});

test('percentiles are interpolated', () => {
  expect(percentileInterval(Float64Array.of(0, 1, 2, 3, 4), 0.1)).toEqual({ low: 0.4, high: 3.6 });
});

test('a resample without images gives no mean', () => {
  const seed = (seed: number, counts: number[]) => ({
    seed,
    sums: Float64Array.from(counts),
    counts: Float64Array.from(counts),
  });
  const means = bootstrapMeans({ seeds: [seed(1, [1, 0]), seed(2, [1, 1])], sharedGroups: true });
  expect(means.length).toBeLessThan(10_000);
  expect([...new Set(means)]).toEqual([1]);
});

import { bootstrapMeans, percentileInterval, type GroupedSample } from './bootstrap.js';
import { bootstrapInterval, degreesOfFreedom } from './interval.js';

const VALUES = [0.3, -0.1, 0.4, 0.15, 0.05, 0.6, -0.2, 0.25, 0.1, 0.2];
const MEAN = 0.175;

function sampleOf(bySeed: readonly (readonly number[])[], sharedGroups = true): GroupedSample {
  const seeds = bySeed.map((values, seed) => ({
    seed,
    sums: Float64Array.from(values),
    counts: new Float64Array(values.length).fill(1),
  }));
  return { seeds, sharedGroups };
}

const shifted = (by: number) => VALUES.map((value) => value + by);

test("of one seed it is about Student's interval", () => {
  const { low, high } = bootstrapInterval(sampleOf([VALUES]));
  // scipy.stats.t.interval(0.95, 9, 0.175, scipy.stats.sem(VALUES))
  expect(Math.abs(low - 0.00787062)).toBeLessThan(0.015);
  expect(Math.abs(high - 0.34212938)).toBeLessThan(0.015);
});

test('it is the same every time', () => {
  expect(bootstrapInterval(sampleOf([VALUES]))).toEqual(bootstrapInterval(sampleOf([VALUES])));
});

test('seeds that differ more than slides widen it as three numbers must', () => {
  const agreeing = bootstrapInterval(sampleOf([VALUES, VALUES, VALUES]));
  const differing = bootstrapInterval(sampleOf([shifted(-0.5), VALUES, shifted(0.5)]));
  expect(agreeing.high - agreeing.low).toBeLessThan(0.36);
  expect(differing.high - differing.low).toBeGreaterThan(1.5);
  expect((differing.low + differing.high) / 2).toBeCloseTo(MEAN, 0);
});

test('degrees of freedom are those of what differs', () => {
  expect(degreesOfFreedom(sampleOf([VALUES]))).toBeCloseTo(9, 10);
  expect(degreesOfFreedom(sampleOf([VALUES, VALUES, VALUES]))).toBeCloseTo(9, 10);
  const flat = [-0.3, 0.1, 0.2].map((value) => VALUES.map(() => value));
  expect(degreesOfFreedom(sampleOf(flat))).toBeCloseTo(2, 10);
  // Both: variances of the mean by 9 and 2 degrees.
  const both = degreesOfFreedom(sampleOf([shifted(-0.1), VALUES, shifted(0.1)]));
  const [groups, seeds] = [0.05458333333333333 / 10, 0.01 / 3];
  expect(both).toBeCloseTo((groups + seeds) ** 2 / (groups ** 2 / 9 + seeds ** 2 / 2), 10);
});

test('seeds of other slides know their slides by all of them', () => {
  const centred = VALUES.map((value) => value - MEAN);
  expect(degreesOfFreedom(sampleOf([centred, centred, centred], false))).toBeCloseTo(27, 10);
  const both = sampleOf([shifted(-0.1), VALUES, shifted(0.1)], false);
  // Resampling two of three seeds halves what their slides vary by.
  const [groups, seeds] = [0.05458333333333333 / 10 / 2, 0.01 / 3];
  const expected = (groups + seeds) ** 2 / (groups ** 2 / 27 + seeds ** 2 / 2);
  expect(degreesOfFreedom(both)).toBeCloseTo(expected, 10);
});

test("between whole degrees of freedom Student's quantile is between its neighbours", () => {
  const sample = sampleOf([shifted(-0.225), VALUES, shifted(0.225)]);
  const degrees = degreesOfFreedom(sample);
  expect(degrees).toBeCloseTo(3.42348, 5);
  const plain = percentileInterval(bootstrapMeans(sample), 0.025);
  const stretch = (MEAN - bootstrapInterval(sample).low) / (MEAN - plain.low);
  // scipy.stats.t.isf(0.025, 3.423480); of 3 it is 3.18, of 4 it is 2.78.
  expect(Math.abs(stretch * 1.959963984540054 - 2.9709)).toBeLessThan(0.03);
});

test('without any difference the interval is the mean itself', () => {
  const { low, high } = bootstrapInterval(sampleOf([[1, 1, 1]]));
  expect([low, high]).toEqual([1, 1]);
});

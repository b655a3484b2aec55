import { goldenImage, largestDifference, stainGolden as golden } from '../testing/stain-golden.js';
import { jitterHed } from './jitter.js';
import { fromLab, toLab } from './lab.js';
import { tissueDensities } from './optical-density.js';
import { labStatistics, moveStatistics } from './reinhard.js';
import { macenko, restain, type Staining, stainingOf } from './separation.js';
import { sparseAmounts, vahadane } from './vahadane.js';
import { dot, type StainVectors, type Vector } from './vectors.js';

/* Against torchstain, SPAMS and scikit-image; the tolerances are those that docs/stain-and-degradations.md states. */

const images = { source: await goldenImage('source'), reference: await goldenImage('reference') };
const names = ['source', 'reference'] as const;

function degreesBetween(a: Vector, b: Vector): number {
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  return (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
}

test.each(names)('Macenko: vectors and maxima of the %s are torchstain to 1e-9', (name) => {
  const { vectors, maxima } = stainingOf(images[name], macenko) as Staining;
  expect(largestDifference(vectors.flat(), golden.macenko[name].vectors.flat())).toBeLessThan(1e-9);
  expect(largestDifference(maxima, golden.macenko[name].maxima)).toBeLessThan(1e-9);
});

test('Macenko: normalised pixels are torchstain to 1 level, which it cuts off and we round', async () => {
  const [from, to] = [golden.macenko.source, golden.macenko.reference];
  const normalised = restain(from, to, macenko)?.(images.source);
  const { data } = await goldenImage('macenko');
  expect(largestDifference(normalised?.data ?? [], data)).toBeLessThanOrEqual(1);
});

test.each(names)('Reinhard: statistics of the %s are torchstain to 1e-4', (name) => {
  const { means, deviations } = labStatistics(images[name]) ?? { means: [], deviations: [] };
  expect(largestDifference(means, golden.reinhard[name].means)).toBeLessThan(1e-4);
  expect(largestDifference(deviations, golden.reinhard[name].deviations)).toBeLessThan(1e-4);
});

test('Reinhard: normalised pixels are torchstain to 1 level, which it cuts off and we round', async () => {
  const { source, reference } = golden.reinhard;
  const { data } = moveStatistics(source, reference)(images.source);
  expect(largestDifference(data, (await goldenImage('reinhard')).data)).toBeLessThanOrEqual(1);
});

test('L*a*b* and back gives the same pixels', () => {
  expect(fromLab(toLab(images.source.data))).toEqual(images.source.data);
});

test('HED jitter is what the matrices of scikit-image give, to the level', async () => {
  const { data } = jitterHed(golden.hed.shifts)(images.source);
  expect(data).toEqual((await goldenImage('hed')).data);
});

/** Mean of |density - amounts x vectors|^2 / 2 + 0.1 x amounts over the tissue. */
function lossOf(vectors: StainVectors, densities: Float64Array): number {
  const unmix = sparseAmounts(vectors, 0.1);
  let sum = 0;
  for (let i = 0; i < densities.length; i += 3) {
    const density = [...densities.subarray(i, i + 3)] as unknown as Vector;
    const [a, b] = unmix(density);
    const left = density.map((x, k) => x - a * (vectors[0][k] ?? 0) - b * (vectors[1][k] ?? 0));
    sum += left.reduce((total, x) => total + x * x, 0) / 2 + 0.1 * (a + b);
  }
  return sum / (densities.length / 3);
}

test.each(names)('Vahadane: vectors of the %s are SPAMS to 0.1 degrees', (name) => {
  const { vectors, maxima } = stainingOf(images[name], vahadane) as Staining;
  const expected = golden.vahadane[name];
  for (const k of [0, 1] as const) {
    expect(degreesBetween(vectors[k], expected.vectors[k])).toBeLessThan(0.1);
  }
  expect(largestDifference(maxima, expected.maxima)).toBeLessThan(1e-3);
  expect(vectors.flat().every((value) => value >= 0)).toBe(true);
  const densities = tissueDensities(images[name]) as Float64Array;
  expect(lossOf(vectors, densities)).toBeLessThan(expected.loss + 1e-7);
});

test.each(names)('Vahadane: amounts in the %s are the lasso of SPAMS to 1e-6', (name) => {
  const { vectors, amounts } = golden.vahadane[name];
  const unmix = vahadane.unmixer(vectors);
  amounts.forEach((expected, i) => {
    const at = i * 64 * 3;
    const density = [0, 1, 2].map((k) => -Math.log(((images[name].data[at + k] ?? 0) + 1) / 240));
    expect(largestDifference(unmix(density as unknown as Vector), expected)).toBeLessThan(1e-6);
  });
});

test('Vahadane: normalised pixels are those of SPAMS to 1 level', async () => {
  const [from, to] = names.map((name) => stainingOf(images[name], vahadane) as Staining);
  const normalised = restain(from as Staining, to as Staining, vahadane)?.(images.source);
  const { data } = await goldenImage('vahadane');
  expect(largestDifference(normalised?.data ?? [], data)).toBeLessThanOrEqual(1);
});

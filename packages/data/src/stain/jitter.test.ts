import { randomStream, type RgbImage } from '@mmsr/core';
import { goldenImage } from '../testing/stain-golden.js';
import { drawShifts, jitterLab, jitterStains, type StainShift } from './jitter.js';
import { labStatistics, type LabStatistics } from './reinhard.js';
import { macenko, type Staining, stainingOf } from './separation.js';
import { vahadane } from './vahadane.js';
import { areDistinct, type Vector } from './vectors.js';

const source = await goldenImage('source');

test('scales and shifts are drawn evenly from -sigma to sigma', () => {
  const draws = Array.from({ length: 2000 }, (_, slot) =>
    drawShifts(0.2, randomStream(1, 'stain', 0, slot)),
  );
  for (const key of ['scale', 'shift'] as const) {
    for (const stain of [0, 1, 2]) {
      const values = draws.map((shifts) => (shifts[stain] as StainShift)[key]);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.2);
      expect(Math.max(...values)).toBeLessThan(0.2);
      // A fifth of the draws in each fifth of the range, five standard errors wide.
      for (const low of [-0.2, -0.12, -0.04, 0.04, 0.12]) {
        const share = values.filter((value) => value >= low && value < low + 0.08).length / 2000;
        expect(Math.abs(share - 0.2)).toBeLessThan(0.045);
      }
    }
  }
});

test('reinhard: means move by the shift, deviations by the scale', () => {
  const shifts = [
    { scale: 0.1, shift: -0.2 },
    { scale: -0.15, shift: 0.1 },
    { scale: 0.05, shift: 0.15 },
  ];
  const { means, deviations } = labStatistics(source) as LabStatistics;
  const jittered = labStatistics(jitterLab(source, shifts)?.(source) as RgbImage) as LabStatistics;
  shifts.forEach(({ scale, shift }, k) => {
    const deviation = deviations[k] as number;
    // Pixels are rounded to 8 bits, and a few are clipped.
    const moved = (jittered.means[k] as number) - (means[k] as number);
    expect(Math.abs(moved - shift * deviation)).toBeLessThan(0.15);
    expect(
      Math.abs((jittered.deviations[k] as number) / (deviation * (1 + scale)) - 1),
    ).toBeLessThan(0.02);
  });
});

test.each([
  ['macenko', macenko],
  ['vahadane', vahadane],
])('%s: amounts of a stain are scaled and shifted', (_name, separation) => {
  const shifts = [
    { scale: 0.2, shift: 0 },
    { scale: 0, shift: 0.15 },
  ];
  const before = stainingOf(source, separation) as Staining;
  const changed = jitterStains(source, separation, shifts)?.(source) as RgbImage;
  const unmix = separation.unmixer(before.vectors);
  const density = ({ data }: RgbImage, at: number) =>
    [0, 1, 2].map((k) => -Math.log((data[at + k] as number) / 240)) as unknown as Vector;
  let compared = 0;
  for (let at = 0; at < source.data.length; at += 3) {
    const [first, second] = unmix(density(source, at));
    // Where both stains are there, penalties and the limit of 0 play no part.
    if (first < 0.3 || second < 0.3) continue;
    const [one, other] = unmix(density(changed, at));
    expect(Math.abs(one - 1.2 * first)).toBeLessThan(0.06);
    expect(Math.abs(other - second - 0.15)).toBeLessThan(0.06);
    compared++;
  }
  expect(compared).toBeGreaterThan(50);
});

test('two stains less than a degree apart are one', () => {
  const at = (angle: number): Vector => [Math.cos(angle), Math.sin(angle), 0];
  expect(areDistinct([at(0.5), at(0.515)])).toBe(false);
  expect(areDistinct([at(0.515), at(0.5)])).toBe(false);
  expect(areDistinct([at(0.5), at(0.53)])).toBe(true);
  expect(areDistinct([at(0.5), [Number.NaN, 0, 0]])).toBe(false);
});

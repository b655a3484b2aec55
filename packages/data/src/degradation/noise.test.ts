import { randomStream } from '@mmsr/core';
import { addNoise, type Noise, poisson } from './noise.js';

function statistics(values: ArrayLike<number>): { mean: number; variance: number } {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  return { mean, variance };
}

/* Of 40000 draws the mean is within 5 standard errors and the variance within 5 %, about 7 of them. */
const COUNT = 40_000;

test.each([0.4, 5, 9.9, 10, 40, 130, 255])('poisson(%d) has that mean and variance', (mean) => {
  const random = randomStream(3, 'test', Math.round(mean * 10));
  const draws = Array.from({ length: COUNT }, () => poisson(mean, random));
  const found = statistics(draws);
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(mean / COUNT));
  expect(Math.abs(found.variance / mean - 1)).toBeLessThan(0.05);
  expect(draws.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
});

test('poisson(12) has the probabilities of the distribution', () => {
  const random = randomStream(4, 'test');
  const draws = Array.from({ length: COUNT }, () => poisson(12, random));
  let probability = Math.exp(-12);
  for (let k = 0; k <= 24; k++, probability *= 12 / k) {
    const share = draws.filter((count) => count === k).length / COUNT;
    const error = Math.sqrt((probability * (1 - probability)) / COUNT);
    expect(Math.abs(share - probability)).toBeLessThan(5 * error + 1e-4);
  }
});

function noisy(level: number, noise: Partial<Noise>): Float64Array {
  const data = new Float64Array(3 * COUNT).fill(level);
  const all = { sensorLevels: 0, shot: 0, isGrey: false, ...noise };
  return addNoise({ widthPx: COUNT, heightPx: 1, data }, all, randomStream(5, 'test')).data;
}

test('noise of the sensor has its deviation at every level', () => {
  for (const level of [20, 200]) {
    const { mean, variance } = statistics(noisy(level, { sensorLevels: 6 }));
    expect(Math.abs(mean - level)).toBeLessThan(0.1);
    expect(Math.abs(variance / 36 - 1)).toBeLessThan(0.03);
  }
});

test('the variance of shot noise grows with the light, and adds to that of the sensor', () => {
  for (const level of [25, 100, 225]) {
    const shot = statistics(noisy(level, { shot: 0.7 }));
    expect(Math.abs(shot.mean - level)).toBeLessThan(0.15);
    expect(Math.abs(shot.variance / (0.49 * level) - 1)).toBeLessThan(0.03);
    const both = statistics(noisy(level, { shot: 0.7, sensorLevels: 4 }));
    expect(Math.abs(both.variance / (0.49 * level + 16) - 1)).toBeLessThan(0.03);
  }
});

test('grey noise is the same in the three channels, other noise is not', () => {
  const [red, green, blue] = noisy(90, { sensorLevels: 5, shot: 0.5, isGrey: true });
  expect([green, blue]).toEqual([red, red]);
  const coloured = noisy(90, { sensorLevels: 5 });
  expect(coloured[1]).not.toBe(coloured[0]);
});

test('without noise nothing changes', () => {
  expect(noisy(77, {})).toEqual(new Float64Array(3 * COUNT).fill(77));
});

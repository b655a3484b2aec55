import { randomStream } from '@mmsr/core';
import { sparseAmounts, vahadaneVectors } from './vahadane.js';
import { combine, dot, type StainVectors, unit, type Vector } from './vectors.js';

const stains: StainVectors = [unit([0.65, 0.7, 0.29]), unit([0.2, 0.9, 0.4])];

function drawDensity(random: ReturnType<typeof randomStream>): Vector {
  const value = () => 2 * random.uniform() - 0.4;
  return [value(), value(), value()];
}

test('amounts of at least 0 that no other amounts near them beat', () => {
  const random = randomStream(1, 'test');
  const penalty = 0.1;
  const loss = (density: Vector, a: number, b: number) => {
    const left = combine(density, 1, combine(stains[0], a, stains[1], b), -1);
    return dot(left, left) / 2 + penalty * (a + b);
  };
  const kinds = new Set<string>();
  for (let i = 0; i < 500; i++) {
    const density = drawDensity(random);
    const [a, b] = sparseAmounts(stains, penalty)(density);
    kinds.add(`${a > 0} ${b > 0}`);
    const least = loss(density, a, b);
    for (const [x, y] of [
      [1e-4, 0],
      [0, 1e-4],
      [-1e-4, 0],
      [0, -1e-4],
      [1e-4, -1e-4],
      [-1e-4, 1e-4],
    ] as const) {
      if (a + x < 0 || b + y < 0) continue;
      expect(loss(density, a + x, b + y)).toBeGreaterThanOrEqual(least - 1e-15);
    }
  }
  // Both stains, one, the other, and neither have been seen.
  expect(kinds.size).toBe(4);
});

/** Tissue in which most pixels have one stain only, so that sparse stains are the true ones. */
function tissue(count: number): Float64Array {
  const random = randomStream(2, 'test');
  const densities = Array.from({ length: count }, (_, i) => {
    const amount = 0.5 + random.uniform();
    const [a, b] = [
      [amount, 0],
      [0, amount],
      [amount / 2, amount / 2],
    ][i % 3] as [number, number];
    return combine(stains[0], a, stains[1], b);
  });
  return Float64Array.from(densities.flat());
}

test.each([600, 30_000])('the stains of %i made pixels are found to 3 degrees', (count) => {
  const found = vahadaneVectors(tissue(count)) as StainVectors;
  for (const k of [0, 1] as const) {
    expect(dot(found[k], found[k])).toBeCloseTo(1, 12);
    expect(dot(found[k], stains[k])).toBeGreaterThan(Math.cos((3 * Math.PI) / 180));
  }
  expect(vahadaneVectors(tissue(count))).toEqual(found);
});

test('tissue of one colour has no two stains', () => {
  const one = Float64Array.from(Array.from({ length: 300 }, () => stains[0]).flat());
  expect(vahadaneVectors(one)).toBeUndefined();
});

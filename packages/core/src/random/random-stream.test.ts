import { philox } from './philox.js';
import { randomStream } from './random-stream.js';

describe('philox4x32-10', () => {
  // Known answers of Random123 (kat_vectors).
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('counter %j, key %j', (counter, key, expected) => {
    const words = new Uint32Array(4);
    philox(counter as [number, number, number, number], key as [number, number], words);
    expect([...words]).toEqual(expected);
  });
});

describe('randomStream', () => {
  const draw = (...args: Parameters<typeof randomStream>) => {
    const stream = randomStream(...args);
    return Array.from({ length: 6 }, () => stream.uniform());
  };

  test('is a pure function of seed, purpose, step and slot', () => {
    expect(draw(1, 'patch', 2, 3)).toEqual(draw(1, 'patch', 2, 3));
  });

  test.each([
    ['seed', draw(2, 'patch', 2, 3)],
    ['seed above 2^32', draw(1 + 2 ** 32, 'patch', 2, 3)],
    ['purpose', draw(1, 'flip', 2, 3)],
    ['step', draw(1, 'patch', 3, 3)],
    ['slot', draw(1, 'patch', 2, 4)],
  ])('another %s gives other numbers', (_, other) => {
    expect(other).not.toEqual(draw(1, 'patch', 2, 3));
  });

  test('uniform, normal and integer have their moments', () => {
    const stream = randomStream(7, 'moments');
    const moments = (sample: () => number) => {
      const values = Array.from({ length: 20000 }, sample);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return { mean, variance };
    };
    const uniform = moments(() => stream.uniform());
    expect(uniform.mean).toBeCloseTo(0.5, 2);
    expect(uniform.variance).toBeCloseTo(1 / 12, 2);
    const normal = moments(() => stream.normal());
    expect(Math.abs(normal.mean)).toBeLessThan(0.03);
    expect(Math.abs(normal.variance - 1)).toBeLessThan(0.05);
    const integer = moments(() => stream.integer(10));
    expect(Math.abs(integer.mean - 4.5)).toBeLessThan(0.1);
  });

  test('integer stays below its bound and reaches every value', () => {
    const stream = randomStream(1, 'integer');
    const seen = new Set(Array.from({ length: 500 }, () => stream.integer(7)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

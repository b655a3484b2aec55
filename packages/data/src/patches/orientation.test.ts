import { randomStream } from '@mmsr/core';
import { drawOrientation, orient } from './orientation.js';

/** a b / c d, in the first channel. */
const square = {
  widthPx: 2,
  heightPx: 2,
  data: Uint8Array.from([1, 10, 20, 2, 10, 20, 3, 10, 20, 4, 10, 20]),
};

function letters(isFlipped: boolean, quarterTurns: number): number[] {
  const { data } = orient(square, { isFlipped, quarterTurns });
  expect([data[1], data[2]]).toEqual([10, 20]);
  return [data[0], data[3], data[6], data[9]] as number[];
}

test('turns are clockwise, and a flip comes before them', () => {
  expect(letters(false, 0)).toEqual([1, 2, 3, 4]);
  expect(letters(false, 1)).toEqual([3, 1, 4, 2]);
  expect(letters(false, 2)).toEqual([4, 3, 2, 1]);
  expect(letters(false, 3)).toEqual([2, 4, 1, 3]);
  expect(letters(true, 0)).toEqual([2, 1, 4, 3]);
  expect(letters(true, 1)).toEqual([4, 2, 3, 1]);
  expect(letters(true, 2)).toEqual([3, 4, 1, 2]);
  expect(letters(true, 3)).toEqual([1, 3, 2, 4]);
});

test('all eight come up as often, and what is not allowed never', () => {
  const seen = (flip: boolean, rotate: boolean) => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 800; i++) {
      const drawn = drawOrientation(randomStream(1, 'test', i), { flip, rotate });
      const key = `${drawn.isFlipped} ${drawn.quarterTurns}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  const all = [...seen(true, true).values()];
  expect(all).toHaveLength(8);
  // 100 expected, standard deviation 9.4.
  for (const count of all) expect(Math.abs(count - 100)).toBeLessThan(40);
  expect([...seen(false, true).keys()].sort()).toEqual([
    'false 0',
    'false 1',
    'false 2',
    'false 3',
  ]);
  expect([...seen(true, false).keys()].sort()).toEqual(['false 0', 'true 0']);
});

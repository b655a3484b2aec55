import { randomStream, shrinkRegion } from '@mmsr/core';
import { onBackground, shrinkOnBackground } from './argb.js';

const BACKGROUND = [255, 255, 100] as const;

test('transparent pixels are put on the background', () => {
  const pixels = Uint32Array.of(0xff0a141e, 0, 0x80050a0f);
  const { data } = onBackground({ pixels, width: 3, height: 1 }, BACKGROUND);
  expect([...data]).toEqual([10, 20, 30, 255, 255, 100, 5 + 127, 10 + 127, 15 + 50]);
});

/** Any colours; white where all bits are set, which makes the largest sums. */
function makePixels(side: number, alpha: number): Uint32Array {
  const random = randomStream(1, 'argb', side);
  return new Uint32Array(side * side).map((_, i) =>
    i < side * 20 ? alpha + 0xffffff : alpha + random.integer(1 << 24),
  );
}

test.each([
  [2, 0xff000000],
  [3, 0xff000000],
  [16, 0xff000000],
  [17, 0xff000000],
  [2.5, 0xff000000],
  [2, 0xfe000000],
])('shrunk by %f with alpha %i as in two steps', (factor, alpha) => {
  const side = factor * 6;
  const pixels = makePixels(side, alpha);
  const argb = { pixels, width: side, height: side };
  const region = { x: 0, y: 0, width: 6, height: 6 };
  expect(shrinkOnBackground(argb, BACKGROUND, factor, region)).toEqual(
    shrinkRegion(onBackground(argb, BACKGROUND), factor, region),
  );
});

test('one pixel that is not opaque shows the background', () => {
  const pixels = new Uint32Array(16).fill(0xff000000);
  pixels[13] = 0;
  const region = { x: 0, y: 0, width: 2, height: 2 };
  const { data } = shrinkOnBackground({ pixels, width: 4, height: 4 }, BACKGROUND, 2, region);
  expect([...data]).toEqual([0, 0, 0, 0, 0, 0, 64, 64, 25, 0, 0, 0]);
});

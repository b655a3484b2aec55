import { coveredRegion, shrinkByArea, shrinkRegion, shrunkLength } from './area-resize.js';
import type { Region, RgbImage } from './rgb-image.js';

function grey(rows: number[][]): RgbImage {
  const data = Uint8Array.from(rows.flat().flatMap((value) => [value, value, value]));
  return { widthPx: rows[0]?.length ?? 0, heightPx: rows.length, data };
}

function firstChannel({ data }: RgbImage): number[] {
  return Array.from(data).filter((_, i) => i % 3 === 0);
}

function cut({ data, widthPx }: RgbImage, { x, y, width, height }: Region): RgbImage {
  const rows = Array.from({ length: height }, (_, row) => {
    const from = ((y + row) * widthPx + x) * 3;
    return [...data.subarray(from, from + width * 3)];
  });
  return { widthPx: width, heightPx: height, data: Uint8Array.from(rows.flat()) };
}

test('a whole factor gives means of squares, halves rounded to even', () => {
  const image = grey([
    [0, 1, 10, 20, 9],
    [0, 1, 30, 40, 9],
    [3, 0, 255, 255, 9],
    [3, 0, 255, 254, 9],
  ]);
  const half = shrinkByArea(image, 2);
  expect([half.widthPx, half.heightPx]).toEqual([2, 2]);
  // 0.5 becomes 0 and 1.5 becomes 2; 254.75 becomes 255; the odd column is left out.
  expect(firstChannel(half)).toEqual([0, 25, 2, 255]);
});

test('a factor of 1.5 shares the pixels on its borders', () => {
  const row = [0, 30, 60, 90, 120, 150];
  const image = grey([row, row, row]);
  // (0 + 30/2) / 1.5, (30/2 + 60) / 1.5, (90 + 120/2) / 1.5, (120/2 + 150) / 1.5
  expect(firstChannel(shrinkByArea(image, 1.5)).slice(0, 4)).toEqual([10, 50, 100, 140]);
});

test('factor 1 changes nothing', () => {
  const image = grey([[1, 2, 3]]);
  expect(shrinkByArea(image, 1)).toEqual(image);
});

test.each([1.25, 2, 40 / 15, 40 / 12, 4])(
  'a region at factor %d is cut from the whole',
  (factor) => {
    const image: RgbImage = {
      widthPx: 61,
      heightPx: 47,
      data: Uint8Array.from({ length: 61 * 47 * 3 }, (_, i) => (i * i * 7 + i * 13) % 251),
    };
    const whole = shrinkByArea(image, factor);
    const region = { x: 5, y: 3, width: whole.widthPx - 5, height: 4 };
    const part = shrinkRegion(cut(image, coveredRegion(region, factor)), factor, region);
    expect(part).toEqual(cut(whole, region));
  },
);

test('floating point does not cost a pixel', () => {
  // 50 * 1.1 is 55.00000000000001 and 45 * 1.4 is 62.99999999999999.
  const below = coveredRegion({ x: 0, y: 0, width: 50, height: 50 }, 1.1);
  expect(below).toEqual({ x: 0, y: 0, width: 55, height: 55 });
  expect(coveredRegion({ x: 45, y: 0, width: 5, height: 5 }, 1.4)).toMatchObject({
    x: 63,
    width: 7,
  });
  expect(coveredRegion({ x: 1, y: 0, width: 29, height: 30 }, 3.3)).toEqual({
    x: 3,
    y: 0,
    width: 96,
    height: 99,
  });
  expect(shrunkLength(33, 1.1)).toBe(30);
});

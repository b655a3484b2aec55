import { createRgbImage, type Source, type SourceImage } from '@mmsr/core';
import sharp from 'sharp';
import { drawPreview } from './draw-preview.js';

/** Grey, of 2048 x 512 pixels at 20x: shown at half of its size. */
const source: Source = {
  images: [{ id: 'a', group: 'a', widthPx: 2048, heightPx: 512, magnification: 20, digest: 'a' }],
  read: (_index, _magnification, { width, height }) => {
    const hr = createRgbImage(width, height);
    hr.data.fill(200);
    return Promise.resolve({ hr });
  },
  close: () => Promise.resolve(),
};

test('patches are framed where they lie, in the colour of their magnification', async () => {
  const places = [
    { image: 0, magnification: 20, x: 200, y: 100 },
    { image: 0, magnification: 5, x: 300, y: 10 },
  ];
  const png = await drawPreview(source, 0, [20, 5], places, 64);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([1024, 256 + 24, 3]);
  const at = (x: number, y: number) => [
    ...data.subarray((y * 1024 + x) * 3, (y * 1024 + x) * 3 + 3),
  ];
  const strongest = ([r = 0, g = 0, b = 0]: number[]) =>
    b > r && b > g ? 'blue' : r > g ? 'red' : '';
  // 20x: 64 pixels are 32 of the picture; 5x: 64 are 256 native ones, 128 of the picture.
  expect(strongest(at(100, 60))).toBe('blue');
  expect(strongest(at(132, 60))).toBe('blue');
  expect(strongest(at(600, 80))).toBe('red');
  expect(strongest(at(728, 80))).toBe('red');
  for (const [x, y] of [
    [116, 60],
    [90, 60],
    [140, 60],
    [660, 80],
    [740, 80],
    [600, 160],
  ] as const) {
    expect(at(x, y)).toEqual([200, 200, 200]);
  }
});

test('pairs are read on the grid of their scale', async () => {
  const regions: number[] = [];
  const pairs: Source = {
    ...source,
    images: [{ ...(source.images[0] as SourceImage), widthPx: 1500, heightPx: 301, gridPx: 3 }],
    read: (index, magnification, region) => {
      regions.push(region.x, region.y, region.width, region.height);
      return source.read(index, magnification, region);
    },
  };
  await drawPreview(pairs, 0, [20], [], 48);
  expect(regions.filter((value) => value % 3 !== 0)).toEqual([]);
  expect(Math.max(...regions)).toBe(1023);
});

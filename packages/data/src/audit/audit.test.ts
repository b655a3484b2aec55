import type { SourceImage } from '@mmsr/core';
import type { SplitImages } from '../loading/check-splits.js';
import { contradictions } from './contradictions.js';
import { auditMagnifications } from './magnification-table.js';

function split(
  images: (Partial<SourceImage> & { id: string })[],
  name: SplitImages['split'] = 'train',
): SplitImages {
  const size = { widthPx: 100, heightPx: 60, magnification: 20 };
  return {
    split: name,
    magnifications: [40, 20, 10],
    images: images.map((image) => ({ group: image.id, digest: image.id, ...size, ...image })),
  };
}

const right = { magnification: 40, micronsPerPixel: 0.25 };

test('labels that do not go with the resolution, said once for all of which it is true', () => {
  const images = [
    { id: 'right.svs', ...right },
    { id: 'wrong.svs', magnification: 40, micronsPerPixel: 0.5 },
    { id: 'wrong 2.svs', magnification: 40, micronsPerPixel: 0.5 },
    // Its microns per pixel have decided.
    { id: 'decided.svs', micronsPerPixel: 0.5, objectivePower: 40 },
    // As BreaKHis labels: 40X is an objective of 4x behind an eyepiece of 10x.
    { id: 'eyepiece.png', magnification: 41, micronsPerPixel: 0.49, micronsAt1x: 20 },
  ];
  expect(contradictions([split(images)])).toEqual([
    'wrong.svs and 1 more: labelled 40x, but 0.5 microns per pixel are usual for 20x',
    'decided.svs: labelled 40x, but 0.5 microns per pixel are usual for 20x; it counts as 20x',
    '40x stands for 0.25 (right.svs) to 0.5 (wrong 2.svs) microns per pixel, as from several scanners',
  ]);
});

test('scanners that differ are found across splits, rounding is not', () => {
  const train = split([{ id: 'a.svs', ...right }]);
  const rounded = split([{ id: 'b.svs', ...right, micronsPerPixel: 0.2525 }], 'test');
  const other = split([{ id: 'c.svs', ...right, micronsPerPixel: 0.2275 }], 'test');
  expect(contradictions([train, rounded])).toEqual([]);
  expect(contradictions([train, other])).toEqual([
    '40x stands for 0.2275 (c.svs) to 0.25 (a.svs) microns per pixel, as from several scanners',
  ]);
});

test('resolutions that are missing, and pixels that are no squares', () => {
  const images = [
    { id: 'a.svs', ...right },
    { id: 'b.svs', ...right, micronsPerPixel: undefined },
    { id: 'c.svs', ...right, micronsPerPixelY: 0.2524 },
    { id: 'd.svs', ...right, micronsPerPixelY: 0.26 },
  ];
  expect(contradictions([split(images), split([{ id: 'e.png' }], 'test')])).toEqual([
    'd.svs: pixels are 0.25 microns wide and 0.26 high',
    'data.train: not every image has its microns per pixel, so that its magnification cannot be ' +
      'checked (b.svs); state `micronsPerPixel`',
    'data.test: no image has its microns per pixel, so that its magnification cannot be checked ' +
      '(e.png); state `micronsPerPixel`',
  ]);
});

test('images, groups, patches and resolutions at each magnification', () => {
  const images = split([
    { id: 'a', group: 'p', serves: 'own-and-lower', ...right },
    { id: 'b', group: 'p', serves: 'own-and-lower', micronsPerPixel: 0.5 },
    { id: 'c', group: 'q', serves: 'own-and-lower' },
    { id: 'small', serves: 'own-and-lower', widthPx: 39 },
  ]);
  const range = (least: number, most = least) => ({ least, most });
  expect(auditMagnifications(images, images.magnifications, 20)).toEqual([
    {
      magnification: 40,
      images: 1,
      groups: 1,
      patches: 15,
      nativeMagnification: range(40),
      micronsPerPixel: range(0.25),
      effectiveMicronsPerPixel: range(0.25),
      withoutMicronsPerPixel: 0,
    },
    {
      magnification: 20,
      images: 4,
      groups: 3,
      // 50x30 pixels: 2x1; 100x60: 5x3, twice; 39x60: 1x3.
      patches: 35,
      nativeMagnification: range(20, 40),
      micronsPerPixel: range(0.25, 0.5),
      effectiveMicronsPerPixel: range(0.5),
      withoutMicronsPerPixel: 2,
    },
    {
      magnification: 10,
      images: 2,
      groups: 2,
      // 25x15: none; 50x30: 2x1, twice; 19x30: none.
      patches: 4,
      nativeMagnification: range(20),
      micronsPerPixel: range(0.5),
      effectiveMicronsPerPixel: range(1),
      withoutMicronsPerPixel: 1,
    },
  ]);
  const [first] = auditMagnifications(images, images.magnifications, 20, { 40: 7 });
  expect(first?.patches).toBe(7);
});

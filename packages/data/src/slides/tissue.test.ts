import { readFileSync } from 'node:fs';
import type { RgbImage, Source, SourceImage } from '@mmsr/core';
import { PatchSampler } from '../patches/patch-sampler.js';
import { gridPlaces } from '../patches/grid-places.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { detectTissue, otsuThreshold, saturation, TissueMap } from './tissue.js';
import { TissueSource, withTissue } from './tissue-source.js';

interface Reference {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rgb: number[];
  readonly saturation: number[];
  readonly threshold: number;
  readonly tissue: number[];
}

const references = JSON.parse(
  readFileSync(new URL('../../src/slides/tissue.json', import.meta.url), 'utf8'),
) as Reference[];

test.each(references.map((one, index) => [index, one] as const))(
  'saturation, threshold and mask %i are those of scikit-image and scipy',
  (_, { widthPx, heightPx, rgb, ...expected }) => {
    const image: RgbImage = { widthPx, heightPx, data: Uint8Array.from(rgb) };
    const values = saturation(image);
    expect([...values]).toEqual(expected.saturation);
    expect(otsuThreshold(values)).toBe(expected.threshold);
    expect([...detectTissue(image)]).toEqual(expected.tissue);
  },
);

test('a picture of one colour has its value as the threshold', () => {
  expect(otsuThreshold(Uint8Array.of(7, 7, 7))).toBe(7);
});

test('the fraction of a region is that of the mask pixels it touches', () => {
  const pixels = Uint8Array.of(1, 1, 0, 0, 0, 1);
  const map = new TissueMap({ widthPx: 3, heightPx: 2, factor: 10, pixels });
  expect(map.fraction({ x: 0, y: 0, width: 30, height: 20 })).toBe(0.5);
  expect(map.fraction({ x: 0, y: 0, width: 20, height: 10 })).toBe(1);
  expect(map.fraction({ x: 5, y: 5, width: 10, height: 10 })).toBe(0.5);
  expect(map.fraction({ x: 29, y: 0, width: 4, height: 5 })).toBe(0);
  expect(map.fraction({ x: 31, y: 19, width: 2, height: 2 })).toBe(1);
});

const images: SourceImage[] = [
  { id: 'a', group: 'a', widthPx: 200, heightPx: 200, magnification: 20, digest: 'a1' },
];

/** Tissue in the square of 100 at the lower right, glass elsewhere. */
const source: Source = {
  images,
  read: (_, magnification, { x, y, width, height }) => {
    const factor = 20 / magnification;
    const data = new Uint8Array(width * height * 3).fill(240);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const isTissue = (x + column) * factor >= 100 && (y + row) * factor >= 100;
        if (isTissue) data.set([200, 80, 160], (row * width + column) * 3);
      }
    }
    return Promise.resolve({ hr: { widthPx: width, heightPx: height, data } });
  },
  close: () => Promise.resolve(),
};

const cache = temporaryFolder();
beforeAll(() => {
  process.env.MMSR_CACHE = cache;
});
afterAll(() => {
  delete process.env.MMSR_CACHE;
});

test('patches are drawn and tested only where there is tissue', async () => {
  const tissue = await withTissue(source, 0.9);
  const grid = gridPlaces(tissue, 10, 25).flat();
  expect(grid.map(({ x, y }) => [x, y])).toEqual([
    [50, 50],
    [75, 50],
    [50, 75],
    [75, 75],
  ]);
  const options = {
    ...{ seed: 1, batchSize: 1, magnifications: [20], patchPx: 40 },
    augment: { flip: false, rotate: false },
  };
  const sampler = new PatchSampler(tissue, options);
  const drawn = Array.from({ length: 300 }, (_, batch) => sampler.patch(batch, 0));
  for (const { x, y } of drawn) expect(Math.min(x, y)).toBeGreaterThan(95);
  expect(new Set(drawn.map(({ x, y }) => `${x} ${y}`)).size).toBeGreaterThan(250);
  expect(sampler.imagesOf(0)).toBe(1);
  // In another thread, with what is handed over.
  const { tissue: handed } = tissue.handOver();
  const again = new PatchSampler(new TissueSource(source, handed), options);
  expect(again.patch(17, 0)).toEqual(sampler.patch(17, 0));
});

test('a place that is drawn in vain too often is taken from those side by side', async () => {
  let asked = 0;
  const rare: Pick<Source, 'images' | 'accepts'> = {
    images,
    accepts: (_, __, { x, y }) => {
      asked++;
      return x === 40 && y === 120;
    },
  };
  const options = {
    ...{ seed: 1, batchSize: 1, magnifications: [20], patchPx: 40 },
    augment: { flip: false, rotate: false },
  };
  const sampler = new PatchSampler(rare, options);
  for (let batch = 0; batch < 20; batch++) {
    expect(sampler.patch(batch, 0)).toMatchObject({ x: 40, y: 120 });
  }
  // 64 draws each, and the grid of 5 x 5 once.
  expect(asked).toBeLessThanOrEqual(20 * 64 + 25);
});

test('a mask is remembered by the digest of its image', async () => {
  const unread: Source = { ...source, read: () => Promise.reject(new Error('read again')) };
  await withTissue(source, 0.5);
  expect(gridPlaces(await withTissue(unread, 0.9), 10, 25).flat().length).toBe(4);
  const other: Source = { ...unread, images: [{ ...(images[0] as SourceImage), digest: 'a2' }] };
  await expect(withTissue(other, 0.5)).rejects.toThrow('read again');
});

test('without a least fraction patches are taken everywhere, and nothing is read', async () => {
  const unread: Source = { ...source, read: () => Promise.reject(new Error('read')) };
  expect(gridPlaces(await withTissue(unread, 0), 20, 100).flat().length).toBe(4);
});

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '@mmsr/core';
import sharp from 'sharp';
import { PatchSampler } from '../patches/patch-sampler.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openImages } from './images-source.js';

const folder = temporaryFolder();
const FILES = ['scans/20x/p1_a.png', 'scans/20x/p2_b.png', 'scans/5x/p1_c.png'];

async function write(name: string): Promise<void> {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  const create = { width: 64, height: 64, channels: 3, background: '#c8a' } as const;
  await sharp({ create }).png().toFile(join(folder, name));
}

beforeAll(async () => {
  for (const file of [...FILES, 'loose/40x_or_20x.png', 'loose/none.png']) await write(file);
});

const open = (options: Partial<Parameters<typeof openImages>[0]> = {}) =>
  openImages(
    { paths: ['scans/**/*.png'], magnification: { pattern: '/(\\d+)x/' }, ...options },
    { folder },
  );

async function imagesOf(options: Parameters<typeof open>[0] = {}) {
  return (await open(options)).images;
}

async function problemsOf(options: Parameters<typeof open>[0]): Promise<string[]> {
  const error: unknown = await open(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).problems.map((problem) => problem.describe());
}

test('magnification by a pattern on the path, resolution by magnification, group by pattern', async () => {
  const images = await imagesOf({
    micronsPerPixel: { '20': 0.5, '5': 2.1 },
    group: { pattern: '(p\\d)_' },
  });
  expect(images).toEqual([
    expect.objectContaining({ id: FILES[0], magnification: 20, micronsPerPixel: 0.5, group: 'p1' }),
    expect.objectContaining({ id: FILES[1], magnification: 20, micronsPerPixel: 0.5, group: 'p2' }),
    expect.objectContaining({ id: FILES[2], magnification: 5, micronsPerPixel: 2.1, group: 'p1' }),
  ]);
});

test('magnification by the names of folders', async () => {
  const images = await imagesOf({ magnification: { folders: { '20x': 20, '5x': 5 } } });
  expect(images.map(({ magnification }) => magnification)).toEqual([20, 20, 5]);
});

test('a path that says no magnification, several, or no group is named', async () => {
  const advice = 'Correct `magnification`, or leave the file out of `paths`.';
  const pattern = '(\\d+)x';
  expect(await problemsOf({ paths: ['loose/*'], magnification: { pattern } })).toEqual([
    `loose/40x_or_20x.png: its path says several magnifications by the pattern ${pattern}: 40, 20. ${advice} [E_DATA]`,
    `loose/none.png: its path says no magnification by the pattern ${pattern}. ${advice} [E_DATA]`,
  ]);
  expect(await problemsOf({ magnification: { folders: { '20x': 20 } } })).toEqual([
    `scans/5x/p1_c.png: its path says no magnification by a folder of \`folders\`. ${advice} [E_DATA]`,
  ]);
  expect(await problemsOf({ group: { pattern: '(p1)_' } })).toEqual([
    'scans/20x/p2_b.png: its path says no group by the pattern (p1)_. Correct `group`, or leave the ' +
      'file out of `paths`. [E_DATA]',
  ]);
  expect(await problemsOf({ paths: [FILES[0] as string], group: { pattern: '(' } })).toEqual([
    'group.pattern: is no regular expression: ( [E_DATA]',
  ]);
});

test('which magnifications an image gives', async () => {
  const usedAt = async (options: Parameters<typeof open>[0]) => {
    const sampler = new PatchSampler(
      { images: await imagesOf(options) },
      {
        seed: 1,
        batchSize: 1,
        magnifications: [20, 10, 5],
        patchPx: 8,
        augment: { flip: false, rotate: false },
      },
    );
    return [0, 1, 2].map((k) => sampler.imagesOf(k));
  };
  // Those of 20x at all three, that of 5x at 5x alone.
  expect(await usedAt({})).toEqual([2, 2, 3]);
  expect(await usedAt({ shrink: true })).toEqual([2, 2, 3]);
  expect(await usedAt({ shrink: false })).toEqual([2, 0, 1]);
  const [one] = await imagesOf({ magnification: 20 });
  expect(one).not.toHaveProperty('serves');
});

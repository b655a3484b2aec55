import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Experiment } from '@mmsr/core';
import sharp from 'sharp';
import { digests, open, stubRegistry, take } from '../testing/open-batches.js';
import { goldenPath } from '../testing/stain-golden.js';
import { temporaryFolder, unevenBytes } from '../testing/temporary-folder.js';
import { experimentOf } from '../testing/test-experiment.js';

const folder = temporaryFolder();
const BATCHES = 12;

beforeAll(async () => {
  const raw = { width: 150, height: 130, channels: 3 } as const;
  const image = (seed: number) => sharp(unevenBytes(150 * 130 * 3, seed), { raw });
  await image(1).png().toFile(join(folder, 'a.png'));
  const tiles = { tile: true, tileWidth: 32, tileHeight: 32, compression: 'deflate' } as const;
  await image(2).tiff(tiles).toFile(join(folder, 'b.tif'));
  await copyFile(goldenPath('reference'), join(folder, 'ref.png'));
});

async function digestsOf(experiment: Experiment, workers: number, first: number, count: number) {
  const data = await open(
    { ...experiment, data: { ...experiment.data, workers } },
    stubRegistry,
    folder,
  );
  try {
    expect((data.warnings ?? []).filter((text) => text.includes('thread'))).toEqual([]);
    return digests(await take(data, first, count));
  } finally {
    await data.close();
  }
}

const inFolder = (name: string) => ({ name, paths: ['a.png', 'b.tif'], magnification: 20 });

/** All that is random in colours and degradation. */
const CHANGED: Parameters<typeof experimentOf>[0] = {
  train: {
    transforms: [
      { name: 'stain-jitter', method: 'vahadane', sigma: 0.1 },
      { name: 'stain-jitter', method: 'hed', sigma: 0.05 },
    ],
  },
  transforms: [{ name: 'stain-normalize', method: 'macenko', reference: 'ref.png' }],
  degradation: {
    ...{ name: 'blur-noise-jpeg', order: ['blur', 'shrink', 'noise', 'jpeg'], shuffle: true },
    ...{ shrink: 'bicubic', sigmaPx: [0.2, 2], anisotropic: 0.5, sensorNoise: [0, 10] },
    ...{ shotNoise: [0, 1], greyNoise: 0.4, jpegQuality: [30, 95] },
  },
};

describe.each<[string, Parameters<typeof experimentOf>[0]]>([
  ['drawn tissue', {}],
  ['images in memory', { train: { source: inFolder('images') } }],
  ['images read from their files', { train: { source: inFolder('files') } }],
  [
    'a source with unreadable patches that are skipped',
    { train: { source: { name: 'crumbling' } }, onBadPatch: 'skip' },
  ],
  ['tissue of changed colours, degraded at random', CHANGED],
])('the batches of %s', (_name, data) => {
  const experiment = experimentOf(data);
  let expected: string[];

  beforeAll(async () => {
    expected = await digestsOf(experiment, 0, 0, BATCHES);
  });

  test('differ from each other', () => {
    expect(new Set(expected).size).toBe(BATCHES);
  });

  test('are the same bit for bit with two threads from the middle on', async () => {
    expect(await digestsOf(experiment, 2, 5, BATCHES - 5)).toEqual(expected.slice(5));
  });

  test('follow from the seed', async () => {
    const [other] = await digestsOf({ ...experiment, seed: 8 }, 0, 0, 1);
    expect(other).not.toBe(expected[0]);
  });
});

test.each([
  [0, 5],
  [1, 0],
  [4, 0],
])('are the same bit for bit with %i threads from batch %i on', async (workers, first) => {
  const experiment = experimentOf(CHANGED);
  const expected = await digestsOf(experiment, 0, 0, BATCHES);
  expect(await digestsOf(experiment, workers, first, BATCHES - first)).toEqual(
    expected.slice(first),
  );
});

test('images in memory and in their files give the same batches', async () => {
  const of = (name: string) => experimentOf({ train: { source: inFolder(name) } });
  expect(await digestsOf(of('files'), 1, 0, 4)).toEqual(await digestsOf(of('images'), 0, 0, 4));
});

import {
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { InputError } from '@mmsr/core';
import sharp from 'sharp';
import { open, stubRegistry } from '../testing/open-batches.js';
import { temporaryFolder, unevenBytes } from '../testing/temporary-folder.js';
import { experimentOf } from '../testing/test-experiment.js';
import { openImages } from './images-source.js';
import { MemoryBudget } from './memory-budget.js';

const folder = temporaryFolder();
const side = 128;
const options = { paths: ['a.tif'], magnification: 20 };
const path = join(folder, 'a.tif');

async function writeTiff(
  name: string,
  seed: number,
  compression: 'jpeg' | 'deflate' | 'lzw' = 'deflate',
): Promise<void> {
  await sharp(unevenBytes(side * side * 3, seed), {
    raw: { width: side, height: side, channels: 3 },
  })
    .tiff({ tile: true, tileWidth: 32, tileHeight: 32, compression })
    .toFile(join(folder, name));
}

beforeEach(() => writeTiff('a.tif', 1));

const region = (x: number, y = 0) => ({ x, y, width: 24, height: 24 });
const inFile = () => openImages(options, { folder }, new MemoryBudget(0));

/** As a copy over the file an hour later would. */
function setLater(): void {
  const { atimeMs, mtimeMs } = statSync(path);
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000 + 3600);
}

test('a file that is replaced by another is noticed at the next patch', async () => {
  const source = await inFile();
  await source.read(0, 20, region(0));
  await writeTiff('b.tif', 2);
  renameSync(join(folder, 'b.tif'), path);
  setLater();
  await expect(source.read(0, 20, region(32))).rejects.toMatchObject({
    code: 'E_DATA',
    where: 'a.tif',
    message: expect.stringMatching(/^the file has changed since .*: it had \d+ bytes of/) as string,
    advice: 'Restore it, or start another run with the new one.',
  });
});

test('a file that is rewritten with as many bytes is noticed by its time', async () => {
  const source = await inFile();
  writeFileSync(path, readFileSync(path));
  setLater();
  await expect(source.read(0, 20, region(0))).rejects.toThrow('has changed since it was checked');
});

test('a file that is cut off is said to have changed, not to be damaged', async () => {
  const source = await inFile();
  truncateSync(path, 600);
  await expect(source.read(0, 20, region(96, 96))).rejects.toMatchObject({
    code: 'E_DATA',
    message: expect.stringContaining('and has 600 of') as string,
  });
});

test('a file that is removed is said to be gone', async () => {
  const source = await inFile();
  rmSync(path);
  await expect(source.read(0, 20, region(0))).rejects.toMatchObject({
    code: 'E_FILE',
    where: 'a.tif',
    message: 'the file is gone',
  });
});

test('what was decoded at the start does not depend on its file any more', async () => {
  const source = await openImages(options, { folder });
  const before = await source.read(0, 20, region(5));
  rmSync(path);
  expect(await source.read(0, 20, region(5))).toEqual(before);
});

test('a file that changes while it is checked is refused', async () => {
  // The budget is asked between the digest and the decoding: a hook into the middle of the check.
  const budget = new MemoryBudget(1e6);
  const take = budget.take.bind(budget);
  budget.take = (bytes) => {
    setLater();
    return take(bytes);
  };
  const error: unknown = await openImages(options, { folder }, budget).catch((e: unknown) => e);
  expect((error as InputError).problems.map(({ where, code }) => `${where} ${code}`)).toEqual([
    'a.tif E_DATA',
  ]);
  expect(take(1e6)).toBe(true);
});

test.each([0, 1])(
  'with %i threads training names file and place of the change',
  async (workers) => {
    const train = { source: { name: 'files', ...options }, magnifications: [20], patchPx: 24 };
    const data = await open(experimentOf({ train, workers }), stubRegistry, folder);
    const stream = data.batches(0);
    await stream.next();
    setLater();
    const drain = async () => {
      for (let i = 0; i < 50; i++) await stream.next();
    };
    await expect(drain()).rejects.toMatchObject({
      code: 'E_DATA',
      where: expect.stringMatching(/^a\.tif at 20x, x \d+, y \d+$/) as string,
      message: expect.stringContaining('has changed since it was checked') as string,
    });
    await data.close();
  },
);

test.each(['jpeg', 'deflate', 'lzw'] as const)(
  'a damaged tile (%s) is an error with its place, and skipped on request',
  async (compression) => {
    await writeTiff('a.tif', 1, compression);
    const bytes = readFileSync(path);
    // In the middle of the file lies the middle of a tile, or its beginning, which JPEG cannot do without.
    const middle = bytes.indexOf(Buffer.from([0xff, 0xd8, 0xff]), bytes.length / 3);
    const at = compression === 'jpeg' ? middle : bytes.length >> 1;
    bytes.fill(0, at, at + 64);
    writeFileSync(path, bytes);
    const train = { source: { name: 'files', ...options }, magnifications: [20], patchPx: 24 };
    const failing = await open(experimentOf({ train }), stubRegistry, folder);
    const drain = async () => {
      for (let batch = 0; batch < 50; batch++) await failing.batches(batch).next();
    };
    await expect(drain()).rejects.toMatchObject({
      code: 'E_IMAGE',
      where: expect.stringMatching(/^a\.tif at 20x, x \d+, y \d+$/) as string,
      message: expect.stringMatching(/^cannot be decoded/) as string,
    });
    await failing.close();
    const skipping = await open(experimentOf({ train, onBadPatch: 'skip' }), stubRegistry, folder);
    const stream = skipping.batches(0);
    for (let i = 0; i < 6; i++) await stream.next();
    expect(stream.skipped?.images).toEqual([
      expect.objectContaining({ id: 'a.tif', count: stream.skipped?.count }),
    ]);
    expect(stream.skipped?.count).toBeGreaterThan(0);
    await skipping.close();
  },
);

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAside } from './install-aside.js';
import { findPart, uninstallParts } from './installed-parts.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'mmsr-parts-'));
});
afterEach(() => rm(cache, { recursive: true }));

async function installed(name: string, key: string): Promise<void> {
  const build = async () => ({ name, gpu: false, versions: {}, origins: [] });
  await installAside({ cache, key, build }, { onProgress: () => undefined });
}

test('finds the first of the keys that is installed', async () => {
  await installed('part', 'part-1');
  await installed('part', 'part-1-gpu');
  expect((await findPart(cache, ['part-1-gpu', 'part-1']))?.folder).toBe(join(cache, 'part-1-gpu'));
  expect((await findPart(cache, ['part-2', 'part-1']))?.folder).toBe(join(cache, 'part-1'));
  expect(await findPart(cache, ['part-2'])).toBeUndefined();
});

test('removes every version of a part with its leftovers, and nothing else', async () => {
  await installed('part', 'part-1.0');
  await installed('part', 'part-2.0-gpu');
  await installed('other', 'other-1.0');
  await mkdir(join(cache, '.part-0.9.abcdef'));
  await mkdir(join(cache, 'part-half'));
  const removed = await uninstallParts(cache, 'part');
  const folders = ['part-1.0', 'part-2.0-gpu', 'part-half'].map((key) => join(cache, key));
  expect(removed.sort()).toEqual(folders);
  expect(await readdir(cache)).toEqual(['other-1.0']);
});

test('where nothing is installed nothing is removed', async () => {
  expect(await uninstallParts(join(cache, 'none'), 'part')).toEqual([]);
});

import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, writeDurably } from './durable.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-durable-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('replaces the old file whole and leaves nothing beside it', async () => {
  const path = join(folder, 'a.json');
  await writeDurably(path, 'a long first content');
  await writeDurably(path, Buffer.from('short'));
  expect(await readFile(path, 'utf8')).toBe('short');
  expect(await readdir(folder)).toEqual(['a.json']);
});

test('an error names the file and leaves nothing behind', async () => {
  const path = join(folder, 'taken');
  await mkdir(join(path, 'full'), { recursive: true });
  await expect(writeDurably(path, 'x')).rejects.toMatchObject({ code: 'E_FILE', where: path });
  expect(await readdir(folder)).toEqual(['taken']);
});

test('a missing folder is an error that names the file', async () => {
  const path = join(folder, 'none', 'a');
  await expect(writeDurably(path, 'x')).rejects.toMatchObject({ code: 'E_FILE', where: path });
});

test('folders are made where they are missing; what is in the way is named', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await makeFolder(path);
  await makeFolder(path);
  await writeDurably(join(path, 'file'), 'x');
  const below = join(path, 'file', 'd');
  await expect(makeFolder(below)).rejects.toMatchObject({ code: 'E_FILE', where: below });
});

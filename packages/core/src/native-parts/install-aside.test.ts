import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadPid, firstOutput, startInstall } from '../testing/part-process.js';
import { installAside } from './install-aside.js';
import { findPart } from './installed-parts.js';
import { thisProcess, writeOwner, type Owner } from './owner.js';

const KEY = 'part-1.0-linux';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'mmsr-install-'));
});
afterEach(() => rm(cache, { recursive: true }));

const RECORD = { name: 'part', gpu: false, versions: { part: '1.0' }, origins: [] };
const quietly = { onProgress: () => undefined };

async function build(folder: string) {
  await mkdir(join(folder, 'lib'));
  await writeFile(join(folder, 'lib', 'library'), 'whole');
  return RECORD;
}

async function install(how = build): Promise<string> {
  return (await installAside({ cache, key: KEY, build: how }, quietly)).folder;
}

const refuseToBuild = () => Promise.reject(new Error('builds'));

async function leftover(suffix: string, owner: Partial<Owner> | undefined): Promise<string> {
  const folder = join(cache, `.${KEY}.${suffix}`);
  await mkdir(folder);
  await writeFile(join(folder, 'library'), 'half');
  if (owner !== undefined) await writeOwner(folder, { ...thisProcess(), ...owner });
  return folder;
}

test('makes the folder with its record and leaves nothing beside it', async () => {
  const folder = await install();
  expect(folder).toBe(join(cache, KEY));
  expect(await readdir(cache)).toEqual([KEY]);
  expect((await readdir(folder)).sort()).toEqual(['lib', 'part.json']);
  expect(await readFile(join(folder, 'lib', 'library'), 'utf8')).toBe('whole');
  const found = await findPart(cache, [KEY]);
  expect(found).toMatchObject({ folder, record: { ...RECORD, key: KEY } });
});

test('what is installed is not made again', async () => {
  await install();
  expect(await install(refuseToBuild)).toBe(join(cache, KEY));
});

test('a build that fails leaves nothing', async () => {
  await expect(install(refuseToBuild)).rejects.toThrow('builds');
  expect(await readdir(cache)).toEqual([]);
});

test('a build that was stopped leaves nothing', async () => {
  const controller = new AbortController();
  const stopping = async (folder: string) => {
    controller.abort();
    return build(folder);
  };
  const installing = installAside(
    { cache, key: KEY, build: stopping },
    { ...quietly, signal: controller.signal },
  );
  await expect(installing).rejects.toMatchObject({ name: 'AbortError' });
  expect(await readdir(cache)).toEqual([]);
});

test.each([
  ['nothing', undefined],
  ['half a record', '{ "name": "part", "k'],
  ['the record of another key', JSON.stringify({ ...RECORD, key: 'part-0.9-linux' })],
  ['a record without versions', JSON.stringify({ name: 'part', key: KEY, gpu: false })],
])('a folder with %s is not taken as installed, and is replaced', async (_, record) => {
  await mkdir(join(cache, KEY));
  await writeFile(join(cache, KEY, 'junk'), '');
  if (record !== undefined) await writeFile(join(cache, KEY, 'part.json'), record);
  expect(await findPart(cache, [KEY])).toBeUndefined();
  const folder = await install();
  expect((await readdir(folder)).sort()).toEqual(['lib', 'part.json']);
});

test('an install that is killed in the middle is not there, and the next one cleans up', async () => {
  const killed = startInstall(cache, KEY, true);
  expect(await firstOutput(killed)).toBe('building');
  killed.kill('SIGKILL');
  await once(killed, 'close');
  expect(await readdir(cache)).toHaveLength(2);
  expect(await findPart(cache, [KEY])).toBeUndefined();
  await install();
  expect(await readdir(cache)).toEqual([KEY]);
});

test('of two processes one makes it, the other waits and finds it', async () => {
  const outputs = [0, 1].map(async () => {
    const child = startInstall(cache, KEY, false);
    let output = '';
    child.stdout?.on('data', (data: Buffer) => (output += data.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    return output;
  });
  expect((await Promise.all(outputs)).sort()).toEqual(['', 'building\n']);
  expect(await readdir(cache)).toEqual([KEY]);
  expect(await readFile(join(cache, KEY, 'library'), 'utf8')).toBe('whole');
});

test('leftovers of dead processes and of nobody are removed, those of living ones and other keys not', async () => {
  await leftover('dead00', { pid: deadPid(), started: undefined });
  await leftover('nobody', undefined);
  await leftover('living', {});
  await mkdir(join(cache, `.${KEY}-gpu.abcdef`));
  await install();
  expect((await readdir(cache)).sort()).toEqual([`.${KEY}-gpu.abcdef`, `.${KEY}.living`, KEY]);
});

test('leftovers of another host are removed after a day', async () => {
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  const old = await leftover('old000', { place: 'elsewhere' });
  await utimes(old, yesterday, yesterday);
  await leftover('recent', { place: 'elsewhere' });
  await install();
  expect((await readdir(cache)).sort()).toEqual([`.${KEY}.recent`, KEY]);
});

test('a cache folder that cannot be made is an error that names it', async () => {
  await writeFile(join(cache, 'file'), '');
  const folder = join(cache, 'file', 'mmsr');
  const installing = installAside({ cache: folder, key: KEY, build }, quietly);
  await expect(installing).rejects.toMatchObject({
    code: 'E_INSTALL',
    where: folder,
    advice: expect.stringContaining('MMSR_CACHE') as string,
  });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAside } from '@mmsr/core';
import { partKey, thisPlatform } from '../install/platform.js';
import { tensorflowPart } from '../install/tensorflow-part.js';
import { locateLibrary } from './locate.js';

let folder: string;
let places: string[];
const environment = { ...process.env };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-locate-'));
  places = [join(folder, 'here', 'index.js'), join(folder, 'there', 'index.js')];
  process.env.MMSR_CACHE = join(folder, 'cache');
});
afterEach(async () => {
  process.env = { ...environment };
  await rm(folder, { recursive: true });
});

/** A part as the installer leaves it, without what is in it. */
async function installed(gpu: boolean): Promise<string> {
  const key = partKey(gpu, thisPlatform());
  const versions = { tensorflow: '2.21.0', kernels: '4.22.0' };
  const build = async () => ({ name: 'tensorflow', gpu, versions, origins: [] });
  const request = { cache: join(folder, 'cache'), key, build };
  return (await installAside(request, { onProgress: () => undefined })).folder;
}

/** A package as npm leaves it, its binary downloaded or not. */
async function stock(place: string, name: string, binary: boolean): Promise<string> {
  const root = join(folder, place, 'node_modules', '@tensorflow', name);
  await mkdir(join(root, 'scripts'), { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify({ name, version: '4.22.0' }));
  const constants = "const LIBTENSORFLOW_VERSION = '2.9.1';\n";
  await writeFile(join(root, 'scripts', 'deps-constants.js'), constants);
  await mkdir(join(root, 'lib', 'napi-v8'), { recursive: true });
  if (binary) await writeFile(join(root, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  return root;
}

test('where nothing is installed it says what to run', async () => {
  expect(await locateLibrary(places)).toEqual({
    reason: 'native TensorFlow is not installed; run `npx mmsr-run install tensorflow`',
  });
  expect(await tensorflowPart.installed()).toBeUndefined();
});

test('what was installed is found, with the version that its record says', async () => {
  const part = await installed(false);
  expect(await locateLibrary(places)).toEqual({
    origin: 'installed',
    gpu: false,
    version: '2.21.0',
    kernelsFolder: join(part, 'tfjs-node', 'dist'),
    bindingFile: join(part, 'tfjs_binding.node'),
  });
  const description = 'TensorFlow 2.21.0';
  expect(await tensorflowPart.installed()).toEqual({ folder: part, description });
});

test('of two builds the one for GPUs is taken', async () => {
  await installed(false);
  const part = await installed(true);
  expect(await locateLibrary(places)).toMatchObject({
    gpu: true,
    bindingFile: join(part, 'tfjs_binding.node'),
  });
});

test('a folder without its record is not installed', async () => {
  const part = await installed(false);
  await rm(join(part, 'part.json'));
  expect(await locateLibrary(places)).toHaveProperty('reason');
});

test('a stock package counts only with its binary', async () => {
  await stock('here', 'tfjs-node-gpu', false);
  const cpu = await stock('here', 'tfjs-node', true);
  expect(await locateLibrary(places)).toEqual({
    origin: 'stock',
    gpu: false,
    version: '2.9.1',
    kernelsFolder: join(cpu, 'dist'),
    bindingFile: join(cpu, 'lib', 'napi-v8', 'tfjs_binding.node'),
  });
});

test('of stock packages in two places the one for GPUs is taken', async () => {
  await stock('here', 'tfjs-node', true);
  const gpu = await stock('there', 'tfjs-node-gpu', true);
  const kernelsFolder = join(gpu, 'dist');
  expect(await locateLibrary(places)).toMatchObject({ gpu: true, kernelsFolder });
});

test('what was installed comes before a stock package', async () => {
  await stock('here', 'tfjs-node-gpu', true);
  await installed(false);
  expect(await locateLibrary(places)).toMatchObject({ origin: 'installed', gpu: false });
});

test('uninstalling removes both builds', async () => {
  const parts = [await installed(false), await installed(true)];
  expect((await tensorflowPart.uninstall()).sort()).toEqual(parts.sort());
  expect(await locateLibrary(places)).toHaveProperty('reason');
});

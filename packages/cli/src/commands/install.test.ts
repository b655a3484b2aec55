import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../main.js';

let folder: string;
let errors: string;
const write = process.stderr.write.bind(process.stderr);
const environment = { ...process.env };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-install-'));
  process.env.MMSR_CACHE = join(folder, 'cache');
  errors = '';
  process.stderr.write = (text: string | Uint8Array) => {
    errors += String(text);
    return true;
  };
});
afterEach(async () => {
  process.stderr.write = write;
  process.env = { ...environment };
  await rm(folder, { recursive: true });
});

const install = (...args: string[]) => main(['node', 'mmsr-run', 'install', ...args]);

test('an unknown part is wrong input, and the known ones are listed', async () => {
  expect(await install('tensorflw')).toBe(2);
  expect(errors).toMatch(/there is no native part tensorflw\. There is: tensorflow \(/);
});

test('what is missing on the machine fails, lists all of it and makes nothing', async () => {
  process.env = { MMSR_CACHE: join(folder, 'cache'), PATH: folder };
  expect(await install('tensorflow')).toBe(1);
  for (const missing of ['Python 3', 'npm', 'a C\\+\\+17 compiler']) {
    expect(errors).toMatch(new RegExp(`^${missing} is missing .*The wasm engine works`, 'm'));
  }
  expect(await readdir(folder)).toEqual([]);
});

test('uninstalling what is not installed is done', async () => {
  expect(await install('tensorflow', '--uninstall')).toBe(0);
  expect(errors).toBe('tensorflow is not installed\n');
});

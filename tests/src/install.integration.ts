import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchWheel, type Wheel } from '@mmsr/core';
import { mmsrRun, MMSR_RUN, start, temporaryFolder } from './command-line.js';

/** Nothing listens there, so a connection is refused at once. */
const NOWHERE = 'http://127.0.0.1:9';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const cache = () => join(folder, 'cache');

function startInstall(environment: NodeJS.ProcessEnv = {}) {
  const args = [MMSR_RUN, 'install', 'tensorflow'];
  return start(process.execPath, args, folder, { MMSR_CACHE: cache(), ...environment });
}

test('TensorFlow: killed in the middle, then two at once, used, uninstalled', async () => {
  const killed = startInstall();
  await killed.seen('downloading tensorflow');
  killed.kill('SIGKILL');
  expect((await killed.ended).signal).toBe('SIGKILL');
  const left = await readdir(cache());
  expect(left.filter((name) => !name.startsWith('.'))).toEqual([]);
  expect(left.length).toBeGreaterThan(0);

  const first = startInstall();
  await first.seen('downloading @tensorflow');
  const second = startInstall();
  await second.seen('waiting for process');
  const [made, found] = await Promise.all([first.ended, second.ended]);
  expect(made).toMatchObject({ code: 0 });
  expect(found).toMatchObject({ code: 0, stdout: made.stdout });
  expect(found.stderr).not.toContain('downloading');
  const [key] = await readdir(cache());
  expect(await readdir(cache())).toHaveLength(1);
  const part = join(cache(), key as string);
  expect(made.stdout).toBe(`${part}\n`);
  expect(existsSync(join(part, 'site-packages', 'tensorflow', 'include'))).toBe(false);

  const script = `console.log(require(${JSON.stringify(join(part, 'tfjs_binding.node'))}).TF_Version)`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  const record = JSON.parse(await readFile(join(part, 'part.json'), 'utf8')) as {
    versions: { tensorflow: string };
  };
  expect(stdout.trim()).toBe(record.versions.tensorflow);

  const environment = { MMSR_CACHE: cache() };
  const removed = await mmsrRun(['install', 'tensorflow', '--uninstall'], folder, environment);
  expect(removed).toMatchObject({ code: 0, stderr: `removed ${part}\n` });
  expect(await readdir(cache())).toEqual([]);
});

test('Ctrl-C in the middle leaves nothing', async () => {
  const stopped = startInstall();
  await stopped.seen('downloading tensorflow');
  stopped.kill('SIGINT');
  expect((await stopped.ended).code).toBe(130);
  expect(await readdir(cache())).toEqual([]);
});

test.each([
  ['the npm registry', { npm_config_registry: NOWHERE }, /npm could not download .*ECONNREFUSED/],
  [
    'the Python package index',
    { PIP_INDEX_URL: NOWHERE, PIP_RETRIES: '1', PIP_FIND_LINKS: '' },
    /pip could not download .*refused.*network reaches the Python package index/,
  ],
])('without %s it says so, leaves nothing, and wasm works', async (_, environment, message) => {
  const { code, stderr } = await startInstall(environment).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(await readdir(cache())).toEqual([]);
  const engines = await mmsrRun(['engine'], folder, { MMSR_CACHE: cache() });
  expect(engines.code).toBe(0);
  expect(engines.stdout).toMatch(/^wasm .*\d/m);
});

/** Makes a wheel of a few bytes, in a folder where pip looks instead of the index. */
async function makeWheel(): Promise<Wheel> {
  const wheels = join(folder, 'wheels');
  await mkdir(wheels, { recursive: true });
  const script = `
import hashlib, os, sys, zipfile
path = os.path.join(sys.argv[1], 'tiny_part-1.0-cp311-cp311-manylinux_2_27_x86_64.whl')
with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as wheel:
    wheel.writestr('tiny/lib/library.so', 'native' * 1000)
    wheel.writestr('tiny/lib/deep/other.so', 'other')
    tool = zipfile.ZipInfo('tiny/bin/tool')
    tool.external_attr = 0o755 << 16
    wheel.writestr(tool, 'tool')
    wheel.writestr('tiny/code.py', 'raise SystemExit')
    wheel.writestr('tiny_part-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny-part\\nVersion: 1.0\\n')
    wheel.writestr('tiny_part-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: cp311-cp311-manylinux_2_27_x86_64\\n')
    wheel.writestr('tiny_part-1.0.dist-info/RECORD', '')
print(hashlib.sha256(open(path, 'rb').read()).hexdigest())
`;
  const { stdout, stderr } = spawnSync('python3', ['-c', script, wheels], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  process.env.PIP_NO_INDEX = '1';
  process.env.PIP_FIND_LINKS = wheels;
  return {
    name: 'tiny-part',
    version: '1.0',
    sha256: stdout.trim(),
    platform: 'manylinux_2_27_x86_64',
    python: 'cp311',
    sizeBytes: 1000,
    members: ['tiny/lib/*', 'tiny/bin/*'],
  };
}

describe('a wheel', () => {
  const environment = { ...process.env };
  afterEach(() => {
    process.env = { ...environment };
  });

  const fetch = (wheel: Wheel) =>
    fetchWheel(wheel, join(folder, 'site-packages'), join(folder, 'aside'), {
      onProgress: () => undefined,
    });

  test('is unpacked, only what is chosen, whatever the Python; the download is removed', async () => {
    const wheel = await makeWheel();
    const file = 'tiny_part-1.0-cp311-cp311-manylinux_2_27_x86_64.whl';
    expect(await fetch(wheel)).toEqual({ file, digest: `sha256-${wheel.sha256}` });
    const root = join(folder, 'site-packages', 'tiny');
    expect((await readdir(root)).sort()).toEqual(['bin', 'lib']);
    expect(await readFile(join(root, 'lib', 'library.so'), 'utf8')).toBe('native'.repeat(1000));
    expect(await readFile(join(root, 'lib', 'deep', 'other.so'), 'utf8')).toBe('other');
    expect((await stat(join(root, 'bin', 'tool'))).mode & 0o111).not.toBe(0);
    expect(await readdir(join(folder, 'aside'))).toEqual([]);
  });

  test('with another digest is refused, and nothing of it unpacked', async () => {
    const wheel = { ...(await makeWheel()), sha256: '0'.repeat(64) };
    await expect(fetch(wheel)).rejects.toMatchObject({
      code: 'E_INSTALL',
      message: expect.stringContaining('does not have the digest') as string,
    });
    expect(existsSync(join(folder, 'site-packages'))).toBe(false);
  });

  test('without the members that are expected is an error that names them', async () => {
    const wheel = { ...(await makeWheel()), members: ['other/*'] };
    await expect(fetch(wheel)).rejects.toThrow('nothing in it matches other/*');
  });
});

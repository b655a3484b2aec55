import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '@mmsr/core';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const matrix = 'matrix: {training.steps: [3, 4]}\n';
  const file = await writeExperiment(
    folder,
    [['name: tiny', 'name: tiny\ndescription: "a $ sign"']],
    TINY + matrix,
  );
  const { code, stderr } = await mmsrRun([file, '--only', 'steps-4'], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
});
afterAll(() => remove());

const RUN = join('runs', 'tiny', 'steps-4');
const verify = (...args: string[]) => mmsrRun(['verify', RUN, ...args], folder);

test('a run is repeated from its manifest to the same numbers, bit for bit', async () => {
  const { code, stdout, stderr } = await verify('--rerun');
  expect({ code, stderr: code === 0 ? '' : `${stdout}${stderr}` }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/results\.json of the repetition +ok/);
  expect(stdout).toMatch(/weights of the repetition +ok/);
  expect(stdout).toMatch(/2 images +ok/);
  expect(stdout).toMatch(/checkpoint 2 +ok\ncheckpoint 4 +ok/);
});

/** Changes a file of the run for the time of a check. */
async function withChange(
  name: string,
  change: (path: string) => Promise<void>,
  check: () => Promise<void>,
) {
  const path = join(folder, RUN, name);
  const before = await readFile(path);
  await change(path);
  await check();
  await writeFile(path, before);
}

test.each([
  ['results.json', /results\.json +WRONG: is not what the run wrote/],
  ['manifest.json', /manifest\.json +WRONG: is not what the run wrote/],
  [join('checkpoints', '4', 'model.safetensors'), /checkpoint 4 +WRONG: .*digest/],
  [join('checkpoints', '2', 'state.json'), /checkpoint 2 +WRONG: .*digest/],
])('a changed %s is found', async (name, message) => {
  const change = (path: string) => appendFile(path, '\n');
  await withChange(name, change, async () => {
    const { code, stdout } = await verify();
    expect(stdout).toMatch(message);
    expect(code).toBe(1);
  });
});

test('images that are not what they were are found', async () => {
  const change = async (path: string) => {
    const manifest = await readFile(path, 'utf8');
    const { data } = JSON.parse(manifest) as Manifest;
    const digest = data.test?.images[0]?.digest as string;
    await writeFile(
      path,
      manifest.replaceAll(
        digest,
        digest.replace(/^./, (c) => (c === '0' ? '1' : '0')),
      ),
    );
  };
  await withChange('manifest.json', change, async () => {
    const { code, stdout } = await verify();
    expect(stdout).toMatch(/images +WRONG: the images of data\.test are not the same/);
    expect(code).toBe(1);
  });
});

test('a folder that holds no run that is done is wrong input', async () => {
  const { code, stderr } = await mmsrRun(['verify', 'runs'], folder);
  expect(code).toBe(2);
  expect(stderr).toMatch(/holds no run.*\[E_RUN_DIRECTORY\]/);
});

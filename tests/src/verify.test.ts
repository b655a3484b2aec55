import { createHash } from 'node:crypto';
import { access, appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { CellResults, Manifest } from '@mmsr/core';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await paintTestImage(1);
  const matrix = 'matrix: {training.steps: [3, 4]}\n';
  const test = '  test:\n    source: {name: synthetic, count: 1, sizePx: 256}\n';
  const validation = test.replace('test', 'validation');
  const file = await writeExperiment(
    folder,
    [
      ['name: tiny', 'name: tiny\ndescription: "a $ sign"'],
      [
        test,
        `${validation}    magnifications: [20]\n    patchPx: 32\n    count: 1
  test:\n    source: {name: images, paths: [test.png], magnification: 20}\n`,
      ],
      ['training: {', 'training: {validateEverySteps: 2, keepBest: {metric: psnr}, '],
    ],
    TINY + matrix,
  );
  const { code, stderr } = await mmsrRun([file, '--only', 'steps-4'], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
});
afterAll(() => remove());

/** Noise, another one for each seed. */
async function paintTestImage(seed: number): Promise<void> {
  const noise = Buffer.from(Array.from({ length: 128 * 128 * 3 }, (_, i) => (i * i * seed) % 251));
  const raw = { width: 128, height: 128, channels: 3 } as const;
  await sharp(noise, { raw }).png().toFile(join(folder, 'test.png'));
}

const RUN = join('runs', 'tiny', 'steps-4');
const verify = (...args: string[]) => mmsrRun(['verify', RUN, ...args], folder);

test('a run is repeated from its manifest to the same numbers, bit for bit', async () => {
  const { code, stdout, stderr } = await verify('--rerun');
  expect({ code, stderr: code === 0 ? '' : `${stdout}${stderr}` }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/results\.json of the repetition +ok/);
  expect(stdout).toMatch(/weights of the repetition +ok/);
  expect(stdout).toMatch(/weights that were best of the repetition +ok/);
  expect(stdout).toMatch(/validation of the repetition +ok/);
  expect(stdout).toMatch(/3 images +ok/);
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

test('an image that was painted anew after the run is found', async () => {
  await paintTestImage(2);
  const { code, stdout } = await verify();
  await paintTestImage(1);
  expect(stdout).toMatch(/images +WRONG: the images of data\.test are not the same: .*test\.png/);
  expect(code).toBe(1);
});

/** A copy of the run whose files are changed and sealed again, as a forger would. */
async function forgedRun(
  change: (files: { results: CellResults; manifest: Manifest; seal: { best?: object } }) => void,
): Promise<string> {
  const forged = join(folder, 'runs', 'tiny', 'forged');
  await rm(forged, { recursive: true, force: true });
  await cp(join(folder, RUN), forged, { recursive: true });
  const read = async (name: string) =>
    JSON.parse(await readFile(join(forged, `${name}.json`), 'utf8')) as never;
  const files = {
    ...{ results: await read('results'), manifest: await read('manifest') },
    seal: (await read('seal')) as Record<string, unknown>,
  };
  change(files);
  for (const name of ['results', 'manifest'] as const) {
    const text = JSON.stringify(files[name]);
    await writeFile(join(forged, `${name}.json`), text);
    files.seal[name] = createHash('sha256').update(text).digest('hex');
  }
  await writeFile(join(forged, 'seal.json'), JSON.stringify(files.seal));
  return forged;
}

test('numbers that were changed and sealed again are found by the repetition', async () => {
  const forged = await forgedRun(({ results, seal }) => {
    (results.images[0] as { psnrDb: number }).psnrDb += 0.01;
    delete seal.best;
  });
  const values = { 'validation.psnrDb': 99 };
  const line = JSON.stringify({ type: 'metrics', time: 0, step: 2, values });
  await appendFile(join(forged, 'events.jsonl'), `${line}\n`);
  const { code, stdout } = await mmsrRun(['verify', forged, '--rerun'], folder);
  expect(stdout).toMatch(/^results\.json +ok/m);
  expect(stdout).toMatch(/results\.json of the repetition +WRONG: is not the same/);
  expect(stdout).toMatch(/weights of the repetition +ok/);
  expect(stdout).toMatch(/weights that were best of the repetition +WRONG: are not the same/);
  expect(stdout).toMatch(/validation of the repetition +WRONG: is not the same/);
  expect(code).toBe(1);
});

/** Writes down that it was imported. */
const MARKER = `import { writeFileSync } from 'node:fs';
writeFileSync(new URL('imported', import.meta.url), '');
export default [];
`;

test('plugins of a run that do not come with mmsr-run are imported only where they are trusted', async () => {
  await writeFile(join(folder, 'marker.mjs'), MARKER);
  const forged = await forgedRun(({ manifest }) => {
    manifest.experiment.plugins.push('./marker.mjs');
  });
  const refused = await mmsrRun(['verify', forged], folder);
  expect(refused.stderr).toMatch(
    /manifest\.json: .*"\.\/marker\.mjs".*--trust-plugins.*\[E_PLUGIN\]/,
  );
  expect(refused.code).toBe(2);
  await expect(access(join(folder, 'imported'))).rejects.toThrow('ENOENT');
  const trusted = await mmsrRun(['verify', forged, '--trust-plugins'], folder);
  expect(trusted).toMatchObject({ code: 0, stderr: '' });
  await access(join(folder, 'imported'));
});

test('a plugin that a run names, for a package to be looked for, is refused too', async () => {
  const forged = await forgedRun(({ manifest }) => {
    (manifest.experiment.model.backbone as { name: string }).name = 'twelve';
  });
  const { code, stderr } = await mmsrRun(['verify', forged, '--rerun'], folder);
  expect(stderr).toMatch(/"backbone twelve".*\[E_PLUGIN\]/);
  expect(code).toBe(2);
});

test.each([
  ['verify', ['verify', RUN]],
  ['report', ['report', RUN]],
  ['sync', ['sync', RUN, '--uri', 'http://127.0.0.1:1']],
  ['check', ['check', 'exp.yaml', '--only', 'steps-4', '--no-batch']],
  ['run', ['exp.yaml', '--only', 'steps-4']],
])('%s says which file is not that of a run', async (_, args) => {
  const change = (path: string) => writeFile(path, '{"device":1}');
  await withChange('manifest.json', change, async () => {
    const { code, stderr } = await mmsrRun(args, folder);
    expect(stderr).toMatch(/manifest\.json: manifest\.json has no cell\. .*\[E_RUN_DIRECTORY\]/);
    expect(stderr).not.toContain('TypeError');
    expect(code).toBe(2);
  });
});

test('a folder that holds no run that is done is wrong input', async () => {
  const { code, stderr } = await mmsrRun(['verify', 'runs'], folder);
  expect(code).toBe(2);
  expect(stderr).toMatch(/holds no run.*\[E_RUN_DIRECTORY\]/);
});

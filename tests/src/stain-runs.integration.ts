import { copyFile, readdir, readFile, watch } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellResults, Manifest } from '@mmsr/core';
import { MMSR_RUN, mmsrRun, start, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';

let folder: string;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await copyGolden('reference', 'ref.png');
});
afterEach(() => remove());

function copyGolden(name: string, to: string): Promise<void> {
  const golden = new URL(`../../packages/data/golden/stain-${name}.png`, import.meta.url);
  return copyFile(golden, join(folder, to));
}

async function readJson<T>(...path: string[]): Promise<T> {
  return JSON.parse(await readFile(join(folder, ...path), 'utf8')) as T;
}

/** Normalised, jittered in training, degraded at random. */
const CHANGED = [
  [
    'data:\n',
    `data:
  transforms: [{name: stain-normalize, method: macenko, reference: ref.png}]
  degradation: {name: blur-noise-jpeg, shuffle: true}
`,
  ],
  [
    'patchPx: 16\n',
    `patchPx: 16
    transforms: [{name: stain-jitter, method: vahadane, sigma: 0.1}, {name: stain-jitter, method: hed, sigma: 0.05}]
`,
  ],
] as const;

/** Resolves once the folder has an entry of that name. */
async function untilThere(path: string, name: string): Promise<void> {
  const changes = watch(path);
  if ((await readdir(path)).includes(name)) return;
  for await (const { filename } of changes) if (filename === name) return;
}

test('a run of changed colours and random degradation is resumed to the same end', async () => {
  const file = await writeExperiment(folder, [...CHANGED, ['steps: 6', 'steps: 40']]);
  const whole = await mmsrRun([file, '--out', 'whole'], folder);
  expect(whole).toMatchObject({ code: 0 });
  const run = start(process.execPath, [MMSR_RUN, file], folder);
  await run.seen('step 1/');
  await untilThere(join(folder, 'runs', 'tiny', 'main', 'checkpoints'), '4');
  run.kill('SIGKILL');
  expect((await run.ended).signal).toBe('SIGKILL');
  const resumed = await mmsrRun([file], folder);
  expect(resumed.stderr).toMatch(/resumed from the checkpoint of step [1-9]/);
  const results = (out: string) => readJson<CellResults>(out, 'tiny', 'main', 'results.json');
  expect(await results('runs')).toEqual(await results('whole'));
});

test('a run is of the reference it began with', async () => {
  const file = await writeExperiment(folder, CHANGED);
  expect(await mmsrRun([file], folder)).toMatchObject({ code: 0 });
  const { references } = await readJson<Manifest>('runs', 'tiny', 'main', 'manifest.json');
  expect(references).toEqual({ 'ref.png': expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  const run = join('runs', 'tiny', 'main');
  const repeated = await mmsrRun(['verify', run, '--rerun'], folder);
  expect(repeated).toMatchObject({ code: 0 });
  expect(repeated.stdout).toMatch(/weights of the repetition +ok/);
  await copyGolden('source', 'ref.png');
  const verified = await mmsrRun(['verify', run], folder);
  expect(verified.code).toBe(1);
  expect(verified.stdout).toMatch(/images +WRONG: the reference image is not the same: ref\.png/);
  const refused = await mmsrRun([file], folder);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('the reference image is not the same: ref.png');
  const again = await mmsrRun([file, '--rerun-stale'], folder);
  expect(again.stderr).toContain('stale: the reference image is not the same: ref.png');
  expect(again.code).toBe(0);
});

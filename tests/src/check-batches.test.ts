import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';
import { writeHungryExperiment } from './memory-plugin.js';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

/** Losses that fail at the first step, each in its way. */
const PLUGINS = `
import { defineSuperResolutionLoss, tf, Type } from '@mmsr/core';
const loss = (name, create) => defineSuperResolutionLoss({ name, apiVersion: 1, configSchema: Type.Object({}), create: () => create });
export default [
  loss('nan', (sr, hr) => tf.log(tf.mean(tf.sub(tf.mul(sr, 0), 1)))),
  loss('misshapen', (sr) => tf.mean(tf.add(sr, tf.zeros([7, 5])))),
  loss('fatal', () => process.kill(process.pid, 'SIGKILL')),
];
`;

test('losses that fail at the first step are found, one process for each kind of cell, nothing written', async () => {
  await writeFile(join(folder, 'losses.mjs'), PLUGINS);
  const losses = '[{name: nan}, {name: misshapen}, {name: fatal}, {name: l1}]';
  const file = await writeExperiment(folder, [
    ['name: tiny', 'name: tiny\nplugins: [./losses.mjs]'],
    ['engine: wasm', `engine: wasm\nmatrix: {objective.superResolution: ${losses}, seed: [1, 2]}`],
  ]);
  const { code, stdout, stderr } = await mmsrRun(['check', file], folder);
  expect(code).toBe(2);
  expect(stderr.match(/computing one batch of 4 patches of 16 px\n/g)).toHaveLength(4);
  expect(stderr).toMatch(
    /superResolution-nan_seed-1: one batch of it fails: the loss "superResolution" is NaN at step 1.*\[E_NON_FINITE\]/,
  );
  expect(stderr).toMatch(
    /superResolution-misshapen_seed-1: one batch of it fails: .*shapes.*7,5.* \[E_ENGINE\]/,
  );
  expect(stderr).toMatch(
    /superResolution-fatal_seed-1: one batch of it fails: its process was ended by SIGKILL, as the system does when memory runs out.*\[E_OUT_OF_MEMORY\]/,
  );
  expect(stderr).not.toMatch(/superResolution-l1_seed-1: one batch of it fails/);
  expect(stdout).not.toContain('nothing wrong found');
  expect(existsSync(join(folder, 'runs'))).toBe(false);
});

test('an image for which memory does not suffice is found; --no-batch looks for nothing of it', async () => {
  const file = await writeHungryExperiment(folder, 'wasm');
  const hungry = { HUNGRY: 'image' };
  const { code, stderr } = await mmsrRun(['check', file], folder, hungry);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /main: one batch of it fails: memory ran out in the evaluation of .* 32 x 32 px.*\[E_OUT_OF_MEMORY\]/,
  );
  expect(stderr).not.toContain('--allow');
  const without = await mmsrRun(['check', file, '--no-batch'], folder, hungry);
  expect({ code: without.code, stderr: without.stderr }).toEqual({ code: 0, stderr: '' });
});

test('a tracking server that is away is a warning', async () => {
  const file = await writeExperiment(folder, [
    ['engine: wasm', 'engine: wasm\ntracking: {name: mlflow, uri: "http://127.0.0.1:9"}'],
  ]);
  const { code, stdout, stderr } = await mmsrRun(['check', file, '--no-batch'], folder);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^warning: tracking by mlflow: runs go on without it and can be sent later: http:\/\/127\.0\.0\.1:9: the MLflow server cannot be reached .*\[E_TRACKING\]\n$/,
  );
  expect(stdout).toContain('no error, 1 warning');
});

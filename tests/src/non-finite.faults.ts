import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '@mmsr/core';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';
import { endOf } from './kill-runs.js';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

/** In the environment of a run it makes the plugins below give numbers at every step. */
const MENDED = { MENDED_PLUGINS: 'yes' };

/** Losses, and a backbone with a layer, that are no numbers for the batches of some steps. */
const PLUGINS = `
import { conv2d, pixelShuffle, defineBackbone, defineMagnificationLoss, defineSuperResolutionLoss, tf, Type } from '@mmsr/core';
const configSchema = Type.Object({ steps: Type.Array(Type.Integer()) });
function watchOf(steps) {
  const seen = [];
  return (values) => {
    const key = values.dataSync().slice(0, 200).join();
    if (!seen.includes(key)) seen.push(key);
    return process.env.MENDED_PLUGINS !== 'yes' && steps.includes(seen.indexOf(key) + 1);
  };
}
function spoiler(steps) {
  const isSpoilt = watchOf(steps);
  return (prediction, value) => isSpoilt(prediction) ? tf.div(tf.sub(value, value), 0) : value;
}
const spoilt = (define, name, loss) => define({ name, apiVersion: 1, configSchema,
  create: ({ steps }) => { const spoil = spoiler(steps); return (value, target) => spoil(value, loss(value, target)); } });
export default [
  spoilt(defineSuperResolutionLoss, 'spoilt-l1', (sr, hr) => tf.mean(tf.abs(tf.sub(sr, hr)))),
  spoilt(defineMagnificationLoss, 'spoilt-square', (logits, target) => tf.mean(tf.square(tf.sub(logits, tf.expandDims(tf.cast(target, 'float32'), 1))))),
  defineBackbone({ name: 'overflowing', apiVersion: 1, configSchema,
    create: ({ steps }, { scale, parameters }) => {
      const isSpoilt = watchOf(steps);
      const first = conv2d(parameters.scope('first'), 3, 4, 3);
      const middle = conv2d(parameters.scope('middle'), 4, 4, 3);
      const last = conv2d(parameters.scope('last'), 4, 3 * scale * scale, 3);
      const extract = (lr) => {
        const factor = isSpoilt(lr) ? 1e25 : 1;
        return tf.mul(middle(tf.mul(first(lr), factor)), factor);
      };
      return { featureChannels: 4, sizeMultiple: 1, extract, reconstruct: (features) => pixelShuffle(last(features), scale) };
    } }),
];
`;

async function experiment(changes: readonly (readonly [string, string])[]): Promise<string> {
  await writeFile(join(folder, 'plugins.mjs'), PLUGINS);
  return writeExperiment(folder, [
    ['name: tiny', 'name: tiny\nplugins: [./plugins.mjs]'],
    ...changes,
  ]);
}

const objective = (text: string) => ['optimizer:', `objective: {${text}}\noptimizer:`] as const;
const policy = (text: string) =>
  ['logEverySteps: 1', `logEverySteps: 1, nonFinite: {${text}}`] as const;
const cell = (...path: string[]) => join(folder, 'runs', 'tiny', 'main', ...path);

async function events(): Promise<RunEvent[]> {
  const text = await readFile(cell('events.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
}

const stepsWithMetrics = async () =>
  (await events()).flatMap(({ type, step }) => (type === 'metrics' ? [step] : []));

/**
 * A run that failed at step 4 has the checkpoint of step 2, every byte as in a run that did not fail; from
 * there it comes to the same end, bit for bit, once the plugins are mended.
 */
async function expectToGoOn(file: string): Promise<void> {
  expect(await readdir(cell('checkpoints'))).toEqual(['2']);
  const whole = await mmsrRun([file, '--out', 'whole'], folder, MENDED);
  expect(whole.code).toBe(0);
  expect(await filesIn(cell('checkpoints', '2'))).toEqual(
    await filesIn(join(folder, 'whole', 'tiny', 'main', 'checkpoints', '2')),
  );
  const { code, stderr } = await mmsrRun([file], folder, MENDED);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stderr).toContain('resumed from the checkpoint of step 2');
  expect(await endOf(join(folder, 'runs'), 6)).toEqual(await endOf(join(folder, 'whole'), 6));
}

/** SHA-256 of the files of a folder, by name. */
async function filesIn(path: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const name of (await readdir(path)).sort()) {
    const bytes = await readFile(join(path, name));
    digests[name] = createHash('sha256').update(bytes).digest('hex');
  }
  return digests;
}

test.each([
  ['superResolution', 'superResolution: {name: spoilt-l1, steps: [4]}'],
  ['magnification', 'magnification: {name: spoilt-square, steps: [4]}'],
])('the loss %s that is NaN is named, and the run goes on from before it', async (name, text) => {
  const file = await experiment([objective(text)]);
  const { code, stderr } = await mmsrRun([file], folder);
  expect(code).toBe(1);
  expect(stderr).toContain(`the loss "${name}" is NaN at step 4; it began in RealDiv`);
  expect(stderr).toContain('[E_NON_FINITE]');
  await expectToGoOn(file);
});

test('a layer in the middle that overflows is named with the patches and their images', async () => {
  const file = await experiment([
    ['{name: edsr, blocks: 1, features: 8}', '{name: overflowing, steps: [4]}'],
  ]);
  const { code, stderr } = await mmsrRun([file], folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /is \S+ at step 4; it began in Multiply of "middle\.\w+" in the forward pass/,
  );
  expect(stderr).toMatch(/in the patches \S+ at (20|10)x \(x \d+, y \d+\)/);
  await expectToGoOn(file);
});

test('skipped steps update nothing, and the run ends', async () => {
  const file = await experiment([
    objective('superResolution: {name: spoilt-l1, steps: [2, 5]}'),
    policy('policy: skip, limit: 2'),
  ]);
  const { code, stderr } = await mmsrRun([file], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stderr).toContain('the step was skipped');
  expect(await stepsWithMetrics()).toEqual([1, 3, 4, 6]);
});

test('once more than the limit is an error', async () => {
  const file = await experiment([
    objective('superResolution: {name: spoilt-l1, steps: [2, 3, 4]}'),
    policy('policy: skip, limit: 2'),
  ]);
  const { code, stderr } = await mmsrRun([file], folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(/at step 4.*once more than 2 times/);
});

test('a learning rate that is too high is lowered, from the checkpoint before', async () => {
  const file = await experiment([
    ['learningRate: 1.0e-3', 'learningRate: 1.0e+30'],
    policy('policy: rollback, learningRateFactor: 1.0e-33'),
  ]);
  const { code, stderr } = await mmsrRun([file], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stderr).toMatch(
    /at step 2.*back to the newest checkpoint, the learning rate times 1e-33/s,
  );
  expect(await stepsWithMetrics()).toEqual([1, 1, 2, 3, 4, 5, 6]);
  const rates = (await events()).flatMap((event) =>
    event.type === 'metrics' ? [event.values.learningRate as number] : [],
  );
  expect(rates[0]).toBe(1e30);
  expect(rates[1]).toBeCloseTo(1e-3, 9);
});

import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '../tf.js';
import type { BatchStream, OpenData } from '../contracts/data-pipeline.js';
import type { Inference } from '../contracts/engine.js';
import type { Batch } from '../contracts/train-step.js';
import type { RunEvent } from '../contracts/tracker.js';
import type { Experiment } from '../experiment/schema.js';
import { conv2d } from '../model/layers.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { makeFolder } from '../run/durable.js';
import { RunDirectory } from '../run/run-directory.js';
import { createEagerStep } from './eager-step.js';
import type { OnProgress } from './progress.js';
import { Trainer } from './trainer.js';

let path: string;
beforeEach(async () => {
  await tf.setBackend('cpu');
  path = await mkdtemp(join(tmpdir(), 'mmsr-trainer-'));
});
afterEach(() => rm(path, { recursive: true }));

const STEPS = 6;
const experiment = {
  data: {},
  training: {
    ...{ steps: STEPS, batchSize: 1, accumulate: 1, logEverySteps: 1, keep: 3, keepBest: null },
    ...{ checkpointEverySteps: 100, validateEverySteps: 100, diagnoseEverySteps: null },
    nonFinite: { policy: 'error', limit: 0, learningRateFactor: 1 },
  },
} as unknown as Experiment;

/** Batches of one pixel; `taken` lists the indices that were asked for. */
function madeUpData(taken: number[]): OpenData {
  const batches = (first: number): BatchStream => {
    let index = first;
    const next = (): Promise<Batch> => {
      const lr = new Float32Array(3).fill(index / STEPS);
      const magnification = new Int32Array(1);
      taken.push(index++);
      return Promise.resolve({ count: 1, lr, hr: lr, magnification, lrPx: 1, hrPx: 1 });
    };
    return { next, waitedMs: 0, close: () => Promise.resolve() };
  };
  return { batches } as unknown as OpenData;
}

function model() {
  const parameters = ParameterScope.root(1);
  const layer = conv2d(parameters.scope('layer'), 3, 3, 1);
  const step = createEagerStep({
    parameters,
    loss: ({ lr, hr }) => ({ total: tf.mean(tf.square(tf.sub(layer(lr), hr))), terms: {} }),
    optimizer: {
      ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      decoupledWeightDecay: false,
    },
    ...{ learningRate: () => 1e-2, clipNorm: null, ema: 0.9, seed: 1 },
  });
  return { parameters, step };
}

/** Trains in a folder as far as it comes. @returns how it ended and the batches that it took */
async function train(name: string, onProgress: OnProgress, signal: AbortSignal) {
  const directory = new RunDirectory(join(path, name));
  await makeFolder(directory.checkpoints);
  const taken: number[] = [];
  const { parameters, step } = model();
  const trainer = new Trainer({
    ...{ experiment, step, parameters, directory, onProgress, signal, data: madeUpData(taken) },
    inference: { load: () => Promise.resolve() } as unknown as Inference,
    inferenceParameters: parameters,
    learningRateFactor: { value: 1 },
  });
  const outcome = await trainer.train();
  const state = await step.exportState();
  step.dispose();
  return { outcome, taken, state };
}

async function metricSteps(name: string): Promise<number[]> {
  const lines = (await readFile(join(path, name, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  return events.flatMap(({ type, step }) => (type === 'metrics' ? [step] : []));
}

test('a signal in step 3 leaves the checkpoint of step 3, and no step comes after it', async () => {
  const stop = new AbortController();
  const onProgress: OnProgress = (progress) => {
    if (progress.phase === 'train' && progress.step === 3) stop.abort();
  };
  const stopped = await train('run', onProgress, stop.signal);
  expect(stopped).toMatchObject({ outcome: 'stopped', taken: [0, 1, 2], state: { step: 3 } });
  expect(await readdir(join(path, 'run', 'checkpoints'))).toEqual(['3']);
  expect(await metricSteps('run')).toEqual([1, 2, 3]);

  const { signal } = new AbortController();
  const resumed = await train('run', () => undefined, signal);
  expect(resumed).toMatchObject({ outcome: 'done', taken: [3, 4, 5] });
  expect(await metricSteps('run')).toEqual([1, 2, 3, 4, 5, 6]);
  expect(resumed.state).toEqual((await train('whole', () => undefined, signal)).state);
});

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '../tf.js';
import type { Batch } from '../contracts/train-step.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { zeros } from '../model/initializers.js';
import { createEagerStep } from './eager-step.js';
import { stageOf, taskGradients, type TaskLosses } from './task-gradients.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const batch: Batch = {
  count: 1,
  lr: new Float32Array(3),
  hr: new Float32Array(3),
  magnification: new Int32Array(1),
  lrPx: 1,
  hrPx: 1,
};

/** Losses that are linear in the parameters, so that the gradients are these vectors. */
function stepWith(gradients: Readonly<Record<string, Readonly<Record<string, number[]>>>>) {
  const parameters = ParameterScope.root(1);
  const names = [...new Set(Object.values(gradients).flatMap((one) => Object.keys(one)))];
  const byName = new Map(names.map((name) => [name, parameters.parameter(name, [2], zeros)]));
  const losses: TaskLosses = () =>
    Object.fromEntries(
      Object.entries(gradients).map(([task, vectors]) => {
        const parts = Object.entries(vectors).map(([name, vector]) => {
          const { read } = byName.get(name) as { read: () => tf.Tensor };
          return tf.sum(tf.mul(read.call(byName.get(name)), tf.tensor1d(vector)));
        });
        return [task, tf.addN(parts) as tf.Scalar];
      }),
    );
  return createEagerStep({
    parameters,
    loss: (data, pass) => {
      const terms = losses(data, pass);
      return { total: tf.addN(Object.values(terms)) as tf.Scalar, terms };
    },
    optimizer: {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
    },
    learningRate: () => 0.1,
    clipNorm: null,
    ema: null,
    seed: 1,
    diagnosis: taskGradients(parameters, Object.keys(gradients), losses),
  });
}

test('norms and cosines are those of the gradients on shared parameters, over all and by stage', async () => {
  const step = stepWith({
    superResolution: { 'head.weight': [3, 4], 'body.0.a.weight': [1, 0], 'tail.weight': [9, 9] },
    magnification: { 'head.weight': [4, 3], 'body.0.a.weight': [-2, 0], 'own.weight': [5, 5] },
  });
  const measured = await step.diagnose([batch]);
  const expected = {
    'taskGradients.all.norm.superResolution': Math.sqrt(26),
    'taskGradients.all.norm.magnification': Math.sqrt(29),
    'taskGradients.all.cosine': (24 - 2) / Math.sqrt(26 * 29),
    'taskGradients.head.norm.superResolution': 5,
    'taskGradients.head.norm.magnification': 5,
    'taskGradients.head.cosine': 24 / 25,
    'taskGradients.body.0.norm.superResolution': 1,
    'taskGradients.body.0.norm.magnification': 2,
    'taskGradients.body.0.cosine': -1,
  };
  expect(Object.keys(measured).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected))
    expect(measured[name]).toBeCloseTo(value, 5);
  step.dispose();
});

test('one task has norms and no angle; a gradient of nothing has a cosine of 0', async () => {
  const one = stepWith({ superResolution: { 'head.weight': [3, 4] } });
  expect(await one.diagnose([batch])).toEqual({
    'taskGradients.all.norm.superResolution': 5,
    'taskGradients.head.norm.superResolution': 5,
  });
  one.dispose();
  const none = stepWith({ a: { 'head.weight': [3, 4] }, b: { 'head.weight': [0, 0] } });
  expect((await none.diagnose([batch]))['taskGradients.all.cosine']).toBe(0);
  none.dispose();
});

test('measuring changes nothing and leaves no tensor behind', async () => {
  const step = stepWith({ a: { 'head.weight': [3, 4] }, b: { 'head.weight': [1, 0] } });
  await step.run([batch]);
  const [before, tensors] = [await step.exportState(), tf.memory().numTensors];
  await step.diagnose([batch]);
  expect(await step.exportState()).toEqual(before);
  expect(tf.memory().numTensors).toBe(tensors);
  step.dispose();
});

test.each([
  ['body.3.body.0.weight', 'body.3'],
  ['layers.0.residual_group.blocks.1.attn.qkv.weight', 'layers.0'],
  ['conv_first.weight', 'conv_first'],
  ['head.0.weight', 'head.0'],
  ['weight', 'weight'],
])('%s is of the stage %s', (name, stage) => {
  expect(stageOf(name)).toBe(stage);
});

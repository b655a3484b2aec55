import '@tensorflow/tfjs-backend-cpu';
import * as tf from '../tf.js';
import type { Batch, TrainStepDefinition } from '../contracts/train-step.js';
import { conv2d, dropout } from '../model/layers.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { randomStream } from '../random/random-stream.js';
import { assertFinite, createEagerStep } from './eager-step.js';
import { NonFiniteError } from './non-finite.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function batch(index: number, count = 2): Batch {
  const random = randomStream(3, 'batch', index);
  const pixels = () => Float32Array.from({ length: count * 4 * 4 * 3 }, () => random.uniform());
  return {
    count,
    lr: pixels(),
    hr: pixels(),
    magnification: new Int32Array(count),
    lrPx: 4,
    hrPx: 4,
  };
}

function definition(
  changes: Partial<TrainStepDefinition> = {},
  dropoutRate = 0.25,
): TrainStepDefinition {
  const parameters = ParameterScope.root(1);
  const first = conv2d(parameters.scope('first'), 3, 4, 3);
  const second = conv2d(parameters.scope('second'), 4, 3, 3);
  return {
    parameters,
    loss: ({ lr, hr }, pass) => {
      const features = dropout(tf.relu(first(lr)), dropoutRate, 'first.dropout', pass);
      const loss: tf.Scalar = tf.mean(tf.square(tf.sub(second(features), hr)));
      return { total: loss, terms: { mse: loss } };
    },
    optimizer: {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
    },
    learningRate: () => 1e-2,
    clipNorm: null,
    ema: 0.9,
    seed: 5,
    ...changes,
  };
}

async function weightsAfter(
  changes: Partial<TrainStepDefinition>,
  batches: Batch[][],
  dropoutRate?: number,
) {
  const step = createEagerStep(definition(changes, dropoutRate));
  for (const group of batches) await step.run(group);
  const state = await step.exportState();
  step.dispose();
  return state;
}

const flat = (arrays: ReadonlyMap<string, Float32Array>) =>
  [...arrays.values()].flatMap((a) => [...a]);

test('steps lower the loss', async () => {
  const step = createEagerStep(definition());
  const first = await step.run([batch(0)]);
  for (let i = 0; i < 30; i++) await step.run([batch(0)]);
  const last = await step.run([batch(0)]);
  step.dispose();
  expect(last.total).toBeLessThan(first.total * 0.7);
  expect(first.terms.mse).toBe(first.total);
});

test('a run that is exported and imported half-way is the run that was not', async () => {
  const whole = await weightsAfter(
    {},
    [0, 1, 2, 3].map((i) => [batch(i)]),
  );
  const half = await weightsAfter(
    {},
    [0, 1].map((i) => [batch(i)]),
  );
  const resumed = createEagerStep(definition());
  await resumed.importState(half);
  for (const i of [2, 3]) await resumed.run([batch(i)]);
  expect(await resumed.exportState()).toEqual(whole);
  resumed.dispose();
});

test('accumulating two batches is the mean of their gradients', async () => {
  const join = (p: Float32Array, q: Float32Array) => Float32Array.from([...p, ...q]);
  const [x, y] = [batch(0), batch(1)];
  const both = { ...batch(0, 4), lr: join(x.lr, y.lr), hr: join(x.hr, y.hr) };
  const accumulated = await weightsAfter({}, [[x, y]], 0);
  const atOnce = flat((await weightsAfter({}, [[both]], 0)).firstMoment);
  flat(accumulated.firstMoment).forEach((value, i) => {
    expect(value).toBeCloseTo(atOnce[i] as number, 6);
  });
});

test('clipping scales the gradient to the norm', async () => {
  const step = createEagerStep(definition({ clipNorm: 1e-3 }));
  const report = await step.run([batch(0)]);
  const { firstMoment } = await step.exportState();
  step.dispose();
  expect(report.gradientNorm).toBeGreaterThan(1e-2);
  const norm = Math.sqrt(flat(firstMoment).reduce((sum, m) => sum + (m / 0.1) ** 2, 0));
  expect(norm).toBeCloseTo(1e-3, 7);
});

test('dropout masks follow from seed and step', async () => {
  const once = await weightsAfter({}, [[batch(0)], [batch(0)]]);
  expect(await weightsAfter({}, [[batch(0)], [batch(0)]])).toEqual(once);
  expect(flat((await weightsAfter({ seed: 6 }, [[batch(0)], [batch(0)]])).parameters)).not.toEqual(
    flat(once.parameters),
  );
});

test('no tensor is left over 200 steps', async () => {
  const step = createEagerStep(definition());
  await step.run([batch(0)]);
  const before = tf.memory();
  for (let i = 0; i < 200; i++) await step.run([batch(i)]);
  const after = tf.memory();
  step.dispose();
  expect(after.numTensors).toBe(before.numTensors);
  expect(after.numBytes).toBe(before.numBytes);
});

test('a loss that is not finite is named, and the weights stay', async () => {
  const plain = definition();
  const step = createEagerStep({
    ...plain,
    loss: (tensors, pass) => {
      const { total } = plain.loss(tensors, pass);
      const broken: tf.Scalar = tf.log(tf.neg(total));
      return { total: broken, terms: { good: total, broken } };
    },
  });
  const before = await step.exportState();
  await expect(step.run([batch(0)])).rejects.toThrow('the loss "broken" is NaN at step 1');
  expect(await step.exportState()).toEqual(before);
  step.dispose();
});

test('a gradient that is not finite is named by its layer, and the weights stay', async () => {
  const plain = definition();
  const spoil = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.div(dy, 0),
  }));
  const step = createEagerStep({
    ...plain,
    loss: (tensors, pass) => {
      const { total } = plain.loss(tensors, pass);
      return { total: spoil(total) as tf.Scalar, terms: {} };
    },
  });
  const before = await step.exportState();
  await expect(step.run([batch(0)])).rejects.toThrow(
    'the gradient of "second.bias" is not finite at step 1; it began in RealDiv in the backward pass',
  );
  expect(await step.exportState()).toEqual(before);
  step.dispose();
});

test('a value that is not finite in a middle layer is named with its patches', async () => {
  const plain = definition();
  const step = createEagerStep({
    ...plain,
    loss: (tensors, pass) => {
      const spoilt = tf.tensor4d(
        Array.from({ length: 3 * 4 * 4 * 3 }, (_, i) => (i >= 48 && i < 96 ? 1e38 : 1)),
        [3, 4, 4, 3],
      );
      return plain.loss({ ...tensors, lr: tf.mul(tensors.lr, tf.mul(spoilt, spoilt)) }, pass);
    },
  });
  const error: unknown = await step.run([batch(0, 3)]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NonFiniteError);
  expect((error as NonFiniteError).origin).toEqual({
    slot: 0,
    operation: 'Multiply',
    layer: undefined,
    pass: 'forward',
    patches: [1],
  });
  step.dispose();
});

test('of weights that are not finite the layer is named', async () => {
  const step = createEagerStep(definition());
  const state = await step.exportState();
  state.parameters.get('second.weight')?.fill(3e38);
  await step.importState(state);
  await expect(step.run([batch(0), batch(1)])).rejects.toMatchObject({
    message: expect.stringMatching(
      /it began in \w+ of "second\.\w+" in the forward pass/,
    ) as string,
    origin: { slot: 0, layer: expect.stringMatching(/^second/) as string, patches: [0, 1] },
  });
  const clean = await step.exportState();
  expect(clean).toEqual(state);
  step.dispose();
});

test('of two batches of which the second is bad, that one is named, and the weights stay', async () => {
  const step = createEagerStep(definition());
  await step.run([batch(0), batch(1)]);
  const before = await step.exportState();
  const [good, bad] = [batch(2), batch(3)];
  bad.lr.fill(3e38, bad.lr.length / 2);
  await expect(step.run([good, bad])).rejects.toMatchObject({
    message: expect.stringMatching(
      /^the loss "mse" is \w+ at step 2; it began in \w+ of "first\.\w+" in the forward pass/,
    ) as string,
    step: 2,
    origin: { slot: 1, layer: expect.stringMatching(/^first/) as string, patches: [1] },
  });
  expect(await step.exportState()).toEqual(before);
  step.dispose();
});

test('gradients that are finite but too large for their norm are said to be that', () => {
  const gradients = new Map([['a', Float32Array.of(3e38)]]);
  expect(() => assertFinite({ total: 1, terms: {}, gradients }, Infinity, 7)).toThrow(
    'too large for their norm, at step 7',
  );
});

test('a state of another model is refused, naming what differs', async () => {
  const step = createEagerStep(definition());
  const state = await step.exportState();
  const parameters = new Map(state.parameters);
  parameters.delete('first.bias');
  parameters.set('third.bias', new Float32Array(1));
  parameters.set('second.bias', new Float32Array(9));
  await expect(step.importState({ ...state, parameters })).rejects.toThrow(
    /1 missing \(first\.bias\); 1 unknown \(third\.bias\); 1 of another size \(second\.bias \[3\]\)/,
  );
  step.dispose();
});

import '@tensorflow/tfjs-backend-cpu';
import { evaluationPass, ParameterScope, tf, type ForwardPass, type HeadPlugin } from '@mmsr/core';
import heads, { attentionPool, convPool, pooledLinear } from './index.js';

const CHANNELS = 3;
const CLASSES = 2;

/** A head in the scope of its own, with the options that are not given at their defaults. */
function make(plugin: HeadPlugin, options: Record<string, unknown> = {}) {
  const root = ParameterScope.root(3);
  const defaults = Object.entries(plugin.configSchema.properties).map(([key, schema]) => [
    key,
    (schema as { default?: unknown }).default,
  ]);
  const context = { channels: CHANNELS, classes: CLASSES, parameters: root.scope('branch') };
  const head = plugin.create({ ...(Object.fromEntries(defaults) as object), ...options }, context);
  const assign = (values: Record<string, number[]>) => {
    for (const parameter of root.all) {
      const value = values[parameter.name] ?? Array<number>(parameter.size).fill(0);
      parameter.assign(Float32Array.from(value));
    }
  };
  return { parameters: root, head, assign };
}

/** Two images of 2 x 2 positions and 3 channels. */
const features = tf.tidy(() =>
  tf.tensor4d(
    [1, 0, 2, 3, 0, 2, 5, 0, 2, 7, 4, 2, 0, 1, 0, 0, -1, 0, 0, 1, 0, 0, -1, 0],
    [2, 2, 2, 3],
  ),
);

const logits = (head: ReturnType<typeof make>['head'], pass: ForwardPass = evaluationPass) => [
  ...tf.tidy(() => head.logits(features, pass)).dataSync(),
];

/** A training pass that draws 0, 1/2, 0, 1/2, ... and notes what for. */
function alternatingPass() {
  const purposes: string[] = [];
  const pass: ForwardPass = {
    training: true,
    uniform: (purpose, shape) => {
      purposes.push(purpose);
      const size = shape.reduce((product, side) => product * side, 1);
      return tf.tensor(
        Array.from({ length: size }, (_, i) => (i % 2) / 2),
        shape,
      );
    },
    tap: () => undefined,
  };
  return { pass, purposes };
}

beforeAll(() => tf.setBackend('cpu'));

test('pooled-linear is a linear layer of the mean over all positions', () => {
  const { head, assign, parameters } = make(pooledLinear);
  expect(parameters.all.map(({ name, shape }) => [name, shape])).toEqual([
    ['branch.linear.weight', [3, 2]],
    ['branch.linear.bias', [2]],
  ]);
  assign({ 'branch.linear.weight': [1, 10, 2, 20, 3, 30], 'branch.linear.bias': [0.5, -0.5] });
  // The means are (4, 1, 2) and (0, 0, 0).
  expect(logits(head)).toEqual([4 + 2 + 6 + 0.5, 40 + 20 + 60 - 0.5, 0.5, -0.5]);
});

test('conv-pool convolves, cuts off what is negative, and pools', () => {
  const { head, assign, parameters } = make(convPool, { features: 1, kernelPx: 1 });
  expect(parameters.all.map(({ name, shape }) => [name, shape])).toEqual([
    ['branch.conv.weight', [1, 1, 3, 1]],
    ['branch.conv.bias', [1]],
    ['branch.linear.weight', [1, 2]],
    ['branch.linear.bias', [2]],
  ]);
  assign({ 'branch.conv.weight': [0, 1, 0], 'branch.linear.weight': [1, 2] });
  // Channel 1 is (0, 0, 0, 4) and (1, -1, 1, -1): means 1 and, without the negative ones, 1/2.
  expect(logits(head)).toEqual([1, 2, 0.5, 1]);
});

test('the kernel and the width of conv-pool are options', () => {
  const [weight] = make(convPool, { features: 5, kernelPx: 7 }).parameters.all;
  expect(weight?.shape).toEqual([7, 7, 3, 5]);
  expect(make(convPool).parameters.all[0]?.shape).toEqual([3, 3, 3, 64]);
});

test('attention-pool weighs all positions alike when it cannot tell them apart', () => {
  const { head, assign } = make(attentionPool, { features: 4 });
  assign({ 'branch.linear.weight': [1, 10, 2, 20, 3, 30] });
  [12, 120, 0, 0].forEach((value, i) => expect(logits(head)[i]).toBeCloseTo(value, 4));
});

test('attention-pool weighs positions by softmax(w tanh(V h) sigmoid(U h))', () => {
  const { head, assign, parameters } = make(attentionPool, { features: 1 });
  expect(parameters.all.map(({ name }) => name)).toEqual([
    'branch.value.weight',
    'branch.value.bias',
    'branch.gate.weight',
    'branch.gate.bias',
    'branch.score.weight',
    'branch.linear.weight',
    'branch.linear.bias',
  ]);
  assign({
    'branch.value.weight': [0.2, 0.3, 0],
    'branch.value.bias': [0.1],
    'branch.gate.weight': [-0.1, 0.5, 0],
    'branch.gate.bias': [0.2],
    'branch.score.weight': [2],
    'branch.linear.weight': [1, 0, 0, 1, 0, 0],
  });
  const positions = [
    [1, 0],
    [3, 0],
    [5, 0],
    [7, 4],
  ] as const;
  const scores = positions.map(([a, b]) => {
    const gate = 1 / (1 + Math.exp(-(-0.1 * a + 0.5 * b + 0.2)));
    return Math.exp(2 * Math.tanh(0.2 * a + 0.3 * b + 0.1) * gate);
  });
  const sum = scores.reduce((a, b) => a + b, 0);
  const pooled = [0, 1].map((channel) =>
    positions.reduce((total, p, i) => total + ((scores[i] as number) / sum) * (p[channel] ?? 0), 0),
  );
  const found = logits(head);
  expect(found[0]).toBeCloseTo(pooled[0] as number, 5);
  expect(found[1]).toBeCloseTo(pooled[1] as number, 5);
});

test('the width of attention-pool is an option', () => {
  expect(make(attentionPool, { features: 9 }).parameters.all[0]?.shape).toEqual([3, 9]);
  expect(make(attentionPool).parameters.all[0]?.shape).toEqual([3, 128]);
});

describe.each(heads.map((plugin) => [plugin.name, plugin] as const))('%s', (_, plugin) => {
  test('drops pooled features in training alone, by the name of its scope', () => {
    const { head } = make(plugin, { dropout: 0.4 });
    const { pass, purposes } = alternatingPass();
    expect(logits(head, pass)).not.toEqual(logits(head));
    expect(purposes).toEqual(['branch.dropout']);
    const without = alternatingPass();
    expect(logits(make(plugin).head, without.pass)).toEqual(logits(make(plugin).head));
    expect(without.purposes).toEqual([]);
  });

  test('every parameter and the features have a gradient', () => {
    const { head, parameters } = make(plugin);
    const loss = (x: tf.Tensor): tf.Scalar =>
      tf.neg(tf.sum(tf.mul(tf.logSoftmax(head.logits(x as tf.Tensor4D, evaluationPass)), [1, 0])));
    const { grads } = tf.variableGrads(
      () => loss(features),
      parameters.all.map(({ variable }) => variable),
    );
    const gradients = [...Object.values(grads), tf.grad(loss)(features)];
    expect(gradients).toHaveLength(parameters.all.length + 1);
    for (const gradient of gradients) {
      const values = [...gradient.dataSync()];
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values.some((value) => value !== 0)).toBe(true);
    }
  });

  test('takes features of any size', () => {
    const { head } = make(plugin);
    expect(head.logits(tf.ones([3, 5, 7, 3]), evaluationPass).shape).toEqual([3, CLASSES]);
  });
});

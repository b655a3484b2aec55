import { tf, type Engine } from '@mmsr/core';
import { expectSameAsCpu, tensor } from '../testing/compare.js';
import { wasmEngine } from '../wasm-engine.js';

let engine: Engine;

beforeAll(async () => {
  engine = wasmEngine.create({ threads: 1 });
  await engine.start();
  await import('@tensorflow/tfjs-backend-cpu');
});

afterAll(() => engine.stop());

type Operation = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

const SHAPE = [2, 4, 6, 3];
const ROWS = [2 * 4, 6 * 3];

/** What the networks, their heads and their losses are made of, on [2, 4, 6, 3]. */
const OPERATIONS: Record<string, Operation> = {
  add: (x, y) => tf.add(x, y),
  'add of a bias': (x, y) => tf.add(x, tf.slice(tf.reshape(y, [-1]), 0, 3)),
  sub: (x, y) => tf.sub(x, y),
  mul: (x, y) => tf.mul(x, y),
  'mul by channels': (x, y) => tf.mul(x, tf.mean(y, [1, 2], true)),
  div: (x, y) => tf.div(x, tf.add(tf.square(y), 1)),
  neg: (x) => tf.neg(x),
  abs: (x) => tf.abs(x),
  square: (x) => tf.square(x),
  sqrt: (x) => tf.sqrt(tf.add(tf.square(x), 1e-3)),
  rsqrt: (x) => tf.rsqrt(tf.add(tf.square(x), 1e-1)),
  pow: (x) => tf.pow(tf.add(tf.square(x), 1e-1), 1.5),
  exp: (x) => tf.exp(x),
  log: (x) => tf.log(tf.add(tf.square(x), 0.1)),
  erf: (x) => tf.erf(x),
  sigmoid: (x) => tf.sigmoid(x),
  tanh: (x) => tf.tanh(x),
  relu: (x) => tf.relu(x),
  leakyRelu: (x) => tf.leakyRelu(x, 0.01),
  clipByValue: (x) => tf.clipByValue(x, -0.5, 0.7),
  maximum: (x, y) => tf.maximum(x, y),
  minimum: (x, y) => tf.minimum(x, y),
  // tfjs has no gradient of comparisons, not even zero: the condition is a constant.
  where: (x, y) => tf.where(tf.greater(tensor('z', SHAPE), 0), x, y),
  'sum over the last axis': (x) => tf.sum(x, -1),
  'mean over positions': (x) => tf.mean(x, [1, 2]),
  'max over the last axis': (x) => tf.max(x, -1, true),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(tf.reshape(x, ROWS)),
  reshape: (x) => tf.reshape(x, ROWS),
  'transpose of 6 axes': (x) => tf.transpose(tf.reshape(x, [2, 2, 2, 2, 3, 3]), [0, 1, 3, 2, 4, 5]),
  slice: (x) => tf.slice(x, [0, 1, 2, 0], [2, 2, 3, 3]),
  concat: (x, y) => tf.concat([x, y], 2),
  split: (x) => (tf.split(x, 3, 3) as [tf.Tensor, tf.Tensor])[1],
  stack: (x, y) => tf.stack([x, y]),
  unstack: (x) => tf.unstack(x, 1)[2] as tf.Tensor,
  pad: (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ]),
  tile: (x) => tf.tile(x, [1, 2, 1, 3]),
  reverse: (x) => tf.reverse(x, [1, 2]),
  gather: (x) => tf.gather(x, tf.tensor1d([3, 0, 0, 2], 'int32'), 1),
  matMul: (x, y) => tf.matMul(tf.reshape(x, ROWS), tf.reshape(y, ROWS), false, true),
  avgPool: (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
  maxPool: (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
  elu: (x) => tf.elu(x),
  softplus: (x) => tf.softplus(x),
  prelu: (x, y) => tf.prelu(x, y),
  logSumExp: (x) => tf.logSumExp(x, -1),
  squaredDifference: (x, y) => tf.squaredDifference(x, y),
  variance: (x) => tf.moments(x, [1, 2]).variance,
  addN: (x, y) => tf.addN([x, y, x]),
  broadcastTo: (x) => tf.broadcastTo(tf.mean(x, 0, true), SHAPE),
  conv2dTranspose: (x, y) =>
    tf.conv2dTranspose(
      x as tf.Tensor4D,
      tf.reshape(y, [4, 4, 3, 3]) as tf.Tensor4D,
      [2, 8, 12, 3],
      2,
      'same',
    ),
  'fused matMul': (x, y) =>
    tf.fused.matMul({
      a: tf.reshape(x, ROWS),
      b: tf.reshape(y, ROWS),
      transposeB: true,
      activation: 'relu',
      bias: tf.slice(tf.reshape(y, [-1]), 0, 8),
    }),
  'fused conv2d': (x, y) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: tf.reshape(y, [4, 4, 3, 3]) as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      activation: 'relu',
      bias: tf.slice(tf.reshape(y, [-1]), 0, 3),
    }),
};

test.each(Object.keys(OPERATIONS))('%s and its gradient', async (name) => {
  const operation = OPERATIONS[name] as Operation;
  await expectSameAsCpu(() => {
    const inputs = [tensor('x', SHAPE), tensor('y', SHAPE)];
    const z = operation(...(inputs as [tf.Tensor, tf.Tensor]));
    const weighted = (x: tf.Tensor, y: tf.Tensor) =>
      tf.sum<tf.Scalar>(
        tf.add(tf.mul(operation(x, y), tensor('dz', z.shape)), tf.mul(tf.mean(y), 1e-3)),
      );
    return [z, ...tf.grads(weighted)(inputs)];
  });
});

// The cpu backend's gradients of these are wrong: the gradient must be the adjoint.
test.each(['resizeNearestNeighbor', 'resizeBilinear'] as const)('%s', async (name) => {
  const resize = (x: tf.Tensor) => tf.image[name](x as tf.Tensor4D, [8, 15]);
  const [x, dy] = [tensor('x', SHAPE), tensor('dy', [2, 8, 15, 3])];
  const forward = tf.sum(tf.mul(resize(x), dy)).dataSync()[0] as number;
  const backward = tf.sum(tf.mul(tf.grad(resize)(x, dy), x)).dataSync()[0] as number;
  expect(backward).toBeCloseTo(forward, 3);
  await expectSameAsCpu(() => resize(tensor('x', SHAPE)));
});

test('operations that have no gradient', async () => {
  await expectSameAsCpu(() => {
    const [x, y] = [tensor('x', SHAPE), tensor('y', SHAPE)];
    const labels = tf.tensor1d([2, 0, 1], 'int32');
    return [
      tf.greaterEqual(x, y),
      tf.lessEqual(x, y),
      tf.notEqual(tf.round(x), tf.round(y)),
      tf.logicalAnd(tf.greater(x, 0), tf.less(y, 0)),
      tf.oneHot(labels, 3, 1, 0, 'float32'),
      tf.argMax(tf.reshape(x, ROWS), 1),
      tf.sign(x),
      tf.step(x),
      tf.round(tf.mul(x, 5)),
      tf.cumsum(x, 1),
      tf.depthToSpace(tf.reshape(x, [2, 3, 2, 12]) as tf.Tensor4D, 2),
      tf.stridedSlice(x, [0, 0, 1, 0], SHAPE, [1, 2, 2, 1]),
      tf.topk(tf.reshape(x, ROWS), 3).values,
      tf.image.flipLeftRight(x as tf.Tensor4D),
    ];
  });
});

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
  where: (x, y) => tf.where(tf.greater(x, y), x, y),
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
  resizeNearestNeighbor: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 12]),
  resizeBilinear: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 9]),
  avgPool: (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
  maxPool: (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
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

test('comparisons, oneHot and truth values', async () => {
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
    ];
  });
});

import { tf, type Engine } from '@mmsr/core';
import { expectSameAsCpu, tensor } from '../testing/compare.js';
import { wasmEngine } from '../wasm-engine.js';

let engine: Engine;

beforeAll(async () => {
  engine = wasmEngine.create({ threads: 2 });
  await engine.start();
  await import('@tensorflow/tfjs-backend-cpu');
});

afterAll(() => engine.stop());

test.each([
  { shape: [3, 5], perm: [1, 0] },
  { shape: [130, 301], perm: [1, 0] },
  { shape: [2, 3, 4], perm: [2, 0, 1] },
  { shape: [4, 100, 200], perm: [0, 2, 1] },
  { shape: [1, 5, 1, 6], perm: [3, 2, 1, 0] },
  { shape: [5, 1], perm: [1, 0] },
  { shape: [3, 9, 6, 64, 10], perm: [1, 3, 0, 2, 4] },
  { shape: [2, 6, 7, 3, 2, 2], perm: [0, 1, 4, 2, 5, 3] },
  { shape: [2, 3, 4, 5, 6, 7], perm: [5, 4, 3, 2, 1, 0] },
  { shape: [2, 3, 2, 3, 2, 3], perm: [1, 0, 3, 2, 5, 4] },
])('transpose $shape by $perm', async ({ shape, perm }) => {
  await expectSameAsCpu(() => tf.transpose(tensor('x', shape), perm), 1e-12);
});

test('transposes integers and truth values', async () => {
  await expectSameAsCpu(() => {
    const integers = tf.cast(tf.mul(tensor('x', [3, 4, 5]), 100), 'int32');
    return [integers, tf.greater(integers, 0)].map((x) => tf.transpose(x, [2, 0, 1]));
  });
});

test.each([
  { shape: [4, 12, 12, 32], axes: [0, 1, 2] },
  { shape: [4, 12, 12, 33], axes: [1, 2] },
  { shape: [5000, 7], axes: [0] },
  { shape: [4, 5], axes: [1] },
  { shape: [1000, 70], axes: [0, 1] },
  { shape: [3, 4, 5, 6], axes: [0, 2] },
  { shape: [2, 3, 4], axes: [1] },
  { shape: [3, 1, 4], axes: [1] },
  { shape: [4, 1, 1, 3], axes: [0, 1, 2] },
])('sum and mean of $shape over $axes', async ({ shape, axes }) => {
  await expectSameAsCpu(() => {
    const x = tensor('x', shape);
    return [
      tf.sum(x, axes),
      tf.sum(x, axes, true),
      tf.mean(x, axes),
      tf.grad((y) => tf.mean(y, axes, true))(x),
    ];
  }, 1e-4);
});

test('a sum of many values keeps its precision', () => {
  const count = 300000;
  const sum = tf.sum(tf.fill([count], 0.1)).dataSync()[0] as number;
  expect(Math.abs(sum / (count * Math.fround(0.1)) - 1)).toBeLessThan(1e-5);
});

test('the sum of nothing is zero and its mean no number', () => {
  expect([...tf.mean(tf.zeros([0, 2]), 0).dataSync()]).toEqual([NaN, NaN]);
  expect([...tf.sum(tf.zeros([0, 3]), 0).dataSync()]).toEqual([0, 0, 0]);
});

test('unsortedSegmentSum adds rows and drops those of no segment', async () => {
  const ids = () => tf.tensor1d([0, 3, -1, 3, 1], 'int32');
  await expectSameAsCpu(() => tf.unsortedSegmentSum(tensor('x', [5, 2, 3]), ids(), 4));
});

test('the gradient of gather', async () => {
  await expectSameAsCpu(() => {
    const ids = tf.tensor1d([0, 3, 3, 1], 'int32');
    return tf.grad((x) => tf.gather(x, ids))(tensor('x', [5, 3]), tensor('dy', [4, 3]));
  });
});

test('casts from and to every type', async () => {
  await expectSameAsCpu(() => {
    const x = tf.mul(tensor('x', [3, 7]), 10);
    const integers = tf.cast(x, 'int32');
    const truths = tf.greater(x, 0);
    return [
      tf.cast(x, 'float32'),
      integers,
      tf.cast(integers, 'float32'),
      tf.cast(truths, 'float32'),
      tf.cast(truths, 'int32'),
      tf.cast(integers, 'bool'),
    ];
  });
});

test('a clone outlives what it was cloned from', () => {
  const x = tf.tensor1d([1, 2, 3]);
  const copy = tf.clone(x);
  const same = tf.cast(x, 'float32');
  x.dispose();
  tf.dispose(tf.fill([3], 7));
  expect([...copy.dataSync(), ...same.dataSync()]).toEqual([1, 2, 3, 1, 2, 3]);
});

test('kernels that only the cpu backend has', async () => {
  await expectSameAsCpu(() =>
    tf.einsum('ij,jk->ik', tensor<tf.Rank.R2>('a', [3, 4]), tensor<tf.Rank.R2>('b', [4, 5])),
  );
});

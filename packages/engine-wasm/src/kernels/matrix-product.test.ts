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
  { rows: 1, depth: 1, columns: 1 },
  { rows: 5, depth: 7, columns: 9 },
  { rows: 64, depth: 30, columns: 64 },
  { rows: 66, depth: 513, columns: 17 },
  { rows: 3, depth: 1100, columns: 8 },
])('$rows x $depth x $columns, each factor as it is or transposed', async (size) => {
  const { rows, depth, columns } = size;
  for (const [left, right] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    await expectSameAsCpu(() => {
      const a = tensor('a', left ? [depth, rows] : [rows, depth]);
      const b = tensor('b', right ? [columns, depth] : [depth, columns]);
      return tf.matMul(a, b, left, right);
    });
  }
});

test('batches of matrices and their gradients', async () => {
  await expectSameAsCpu(() => {
    const inputs = [tensor('a', [3, 2, 6, 10]), tensor('b', [3, 2, 7, 10])];
    const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, false, true);
    return [
      product(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor),
      ...tf.grads(product)(inputs, tensor('dy', [3, 2, 6, 7])),
    ];
  });
});

test('one matrix for a batch, on either side', async () => {
  await expectSameAsCpu(() => [
    tf.matMul(tensor('a', [1, 5, 7]), tensor('b', [4, 7, 9])),
    tf.matMul(tensor('a', [4, 5, 7]), tensor('b', [1, 7, 9])),
  ]);
});

test('no depth gives zeros', () => {
  const product = tf.matMul(tf.zeros([3, 0]), tf.zeros([0, 4]));
  expect([...product.dataSync()]).toEqual(new Array(12).fill(0));
});

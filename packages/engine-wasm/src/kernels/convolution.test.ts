import { tf, type Engine } from '@mmsr/core';
import { expectSameAsCpu, numbers, tensor } from '../testing/compare.js';
import { wasmEngine } from '../wasm-engine.js';

let engine: Engine;

beforeAll(async () => {
  engine = wasmEngine.create({ threads: 2 });
  await engine.start();
  await import('@tensorflow/tfjs-backend-cpu');
});

afterAll(() => engine.stop());

type Size = [number, number, number, number];
type Pad = 'same' | 'valid' | number;

interface Convolution {
  readonly x: Size;
  readonly filter: Size;
  readonly stride?: number | [number, number];
  readonly pad?: Pad;
}

/** The output and both gradients for an arbitrary gradient of the output. */
function outputAndGradients({ x, filter, stride = 1, pad = 'same' }: Convolution) {
  const convolve = (a: tf.Tensor4D, w: tf.Tensor4D) => {
    const mode = typeof pad === 'number' ? 'floor' : undefined;
    return tf.conv2d(a, w, stride, pad, 'NHWC', 1, mode);
  };
  const inputs = [tensor<tf.Rank.R4>('x', x), tensor<tf.Rank.R4>('w', filter)] as const;
  const y = convolve(...inputs);
  const dy = tensor('dy', y.shape);
  const gradients = tf.grads((a, w) => convolve(a as tf.Tensor4D, w as tf.Tensor4D));
  return [y, ...gradients([...inputs], dy)];
}

const CONVOLUTIONS: [string, Convolution][] = [
  ['3x3', { x: [2, 8, 8, 3], filter: [3, 3, 3, 5] }],
  ['3x3 valid', { x: [2, 7, 9, 17], filter: [3, 3, 17, 1], pad: 'valid' }],
  ['3x3 with explicit padding', { x: [1, 6, 7, 5], filter: [3, 3, 5, 6], pad: 1 }],
  ['3x3 with wide padding', { x: [1, 6, 7, 5], filter: [3, 3, 5, 6], pad: 2 }],
  ['1x1', { x: [2, 6, 6, 9], filter: [1, 1, 9, 8] }],
  ['1x1 on one pixel', { x: [4, 1, 1, 32], filter: [1, 1, 32, 4] }],
  ['5x5', { x: [2, 10, 10, 4], filter: [5, 5, 4, 9] }],
  ['filter larger than the image', { x: [1, 5, 5, 2], filter: [7, 7, 2, 6] }],
  ['even, not square', { x: [1, 10, 9, 3], filter: [4, 2, 3, 10] }],
  ['one channel to one', { x: [3, 5, 6, 1], filter: [3, 3, 1, 1] }],
  ['rows longer than a chunk', { x: [1, 3, 135, 6], filter: [3, 3, 6, 33] }],
  ['depth of several blocks', { x: [1, 4, 5, 300], filter: [3, 3, 300, 12] }],
  ['to 2 channels', { x: [2, 9, 70, 7], filter: [3, 3, 7, 2] }],
  ['to 3 channels, several blocks', { x: [1, 30, 40, 70], filter: [5, 5, 70, 3] }],
  ['to 4 channels', { x: [1, 6, 10, 8], filter: [3, 3, 8, 4] }],
  ['columns of a separable blur', { x: [1, 24, 17, 3], filter: [11, 1, 3, 3], pad: 'valid' }],
  ['rows of a separable blur', { x: [1, 14, 30, 3], filter: [1, 11, 3, 3], pad: 'valid' }],
  ['stride 2', { x: [2, 9, 9, 3], filter: [3, 3, 3, 9], stride: 2 }],
  ['stride 2, even size', { x: [1, 12, 12, 3], filter: [3, 3, 3, 4], stride: 2, pad: 'valid' }],
  ['stride larger than the filter', { x: [1, 11, 10, 5], filter: [2, 2, 5, 6], stride: 3 }],
  ['strides 1 and 2', { x: [1, 8, 11, 5], filter: [3, 3, 5, 17], stride: [1, 2] }],
];

test.each(CONVOLUTIONS)('%s', async (_, convolution) => {
  await expectSameAsCpu(() => outputAndGradients(convolution));
});

test('dilation', async () => {
  await expectSameAsCpu(() =>
    tf.conv2d(
      tensor<tf.Rank.R4>('x', [1, 9, 9, 3]),
      tensor<tf.Rank.R4>('w', [3, 3, 3, 5]),
      1,
      'same',
      'NHWC',
      2,
    ),
  );
});

test('the gradients are those of differences', () => {
  const [height, width] = [5, 6];
  const x = numbers('x', height * width * 2);
  const w = numbers('w', 3 * 3 * 2 * 3);
  const loss = (a: tf.Tensor, b: tf.Tensor) =>
    tf.sum<tf.Scalar>(
      tf.square(
        tf.conv2d(
          tf.reshape<tf.Rank.R4>(a, [1, height, width, 2]),
          tf.reshape<tf.Rank.R4>(b, [3, 3, 2, 3]),
          1,
          'same',
        ),
      ),
    );
  const [dx, dw] = tf.grads(loss)([tf.tensor1d(x), tf.tensor1d(w)]) as [tf.Tensor, tf.Tensor];
  const difference = (values: Float32Array, i: number) => {
    const value = values[i] as number;
    const at = (moved: number) => {
      values[i] = moved;
      const result = loss(tf.tensor1d(x), tf.tensor1d(w)).dataSync()[0] as number;
      values[i] = value;
      return result;
    };
    const step = 2 ** -5;
    return (at(value + step) - at(value - step)) / (2 * step);
  };
  for (const i of [0, 7, 31, x.length - 1]) {
    expect(Math.abs((dx.dataSync()[i] as number) - difference(x, i))).toBeLessThan(0.02);
  }
  for (const i of [0, 13, w.length - 1]) {
    expect(Math.abs((dw.dataSync()[i] as number) - difference(w, i))).toBeLessThan(0.02);
  }
});

test('depthwise convolution and its gradients', async () => {
  await expectSameAsCpu(() => {
    const inputs = [tensor<tf.Rank.R4>('x', [2, 7, 8, 3]), tensor<tf.Rank.R4>('w', [3, 3, 3, 2])];
    const convolve = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
      tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
    const y = convolve(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor);
    return [y, ...tf.grads(convolve)(inputs, tensor('dy', y.shape))];
  });
});

test('an image of no rows', async () => {
  await expectSameAsCpu(() =>
    tf.conv2d(tf.zeros<tf.Rank.R4>([0, 4, 4, 3]), tensor<tf.Rank.R4>('w', [3, 3, 3, 5]), 1, 'same'),
  );
});

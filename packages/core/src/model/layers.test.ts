import '@tensorflow/tfjs-backend-cpu';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { evaluationPass, trainingPass } from '../training/training-pass.js';
import * as tf from '../tf.js';
import { ones } from './initializers.js';
import {
  conv2d,
  dropout,
  dropPath,
  gelu,
  layerNorm,
  linear,
  pixelShuffle,
  upsampler,
} from './layers.js';
import { ParameterScope } from './parameter-scope.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const values = (tensor: tf.Tensor) => [...tensor.dataSync()];

test('conv2d keeps the size with zeros around, and adds its bias', () => {
  const parameters = ParameterScope.root(1);
  const options = { initializer: ones, biasInitializer: () => Float32Array.of(10) };
  const layer = conv2d(parameters.scope('c'), 1, 1, 3, options);
  const y = layer(tf.ones([1, 2, 3, 1]) as Tensor4D);
  expect(values(y)).toEqual([14, 16, 14, 14, 16, 14]);
});

test('linear multiplies by [in, out] and adds its bias', () => {
  const parameters = ParameterScope.root(1);
  const layer = linear(parameters.scope('l'), 2, 3, {
    initializer: () => Float32Array.of(1, 2, 3, 4, 5, 6),
    biasInitializer: () => Float32Array.of(0.5, 0, 0),
  });
  expect(values(layer(tf.tensor2d([1, 10], [1, 2])))).toEqual([41.5, 52, 63]);
});

test('layerNorm: mean 0, variance 1, epsilon 1e-5 within the root', () => {
  const layer = layerNorm(ParameterScope.root(1).scope('n'), 3);
  const y = values(layer(tf.tensor2d([1, 2, 3], [1, 3]) as Tensor2D));
  const expected = 1 / Math.sqrt(2 / 3 + 1e-5);
  [-expected, 0, expected].forEach((value, i) => expect(y[i]).toBeCloseTo(value, 6));
});

test('gelu is the exact one', () => {
  // torch.nn.functional.gelu([-1, 0, 0.5, 2])
  const expected = [-0.15865525, 0, 0.34573123, 1.9544997];
  values(gelu(tf.tensor1d([-1, 0, 0.5, 2]))).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, 5);
  });
});

test('pixelShuffle has the channel order of PyTorch', () => {
  // torch.pixel_shuffle of channels 0..7 of one pixel by 2: [[[0,1],[2,3]], [[4,5],[6,7]]]
  const y = pixelShuffle(tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7], [1, 1, 1, 8]), 2);
  expect(y.shape).toEqual([1, 2, 2, 2]);
  expect(values(y)).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
});

test.each([
  [2, ['up.0.weight', 'up.0.bias']],
  [3, ['up.0.weight', 'up.0.bias']],
  [4, ['up.0.weight', 'up.0.bias', 'up.2.weight', 'up.2.bias']],
  [8, ['up.0.weight', 'up.0.bias', 'up.2.weight', 'up.2.bias', 'up.4.weight', 'up.4.bias']],
])('the upsampler by %i has the names of nn.Sequential', (scale, names) => {
  const parameters = ParameterScope.root(1);
  const up = upsampler(parameters.scope('up'), scale, 2);
  expect(parameters.all.map(({ name }) => name)).toEqual(names);
  expect(up(tf.ones([1, 2, 3, 2]) as Tensor4D).shape).toEqual([1, 2 * scale, 3 * scale, 2]);
});

describe('dropout and dropPath', () => {
  const x = tf.ones([400, 2, 1, 2]) as Tensor4D;

  test('do nothing outside of training', () => {
    expect(dropout(x, 0.5, 'a', evaluationPass)).toBe(x);
    expect(dropPath(x, 0.5, 'a', evaluationPass)).toBe(x);
  });

  test('keep the mean, and drop values or whole samples', () => {
    const pass = trainingPass(1, 1, 0);
    const scattered = values(dropout(x, 0.25, 'a', pass));
    expect(new Set(scattered.map((value) => value.toFixed(4)))).toEqual(
      new Set(['0.0000', '1.3333']),
    );
    const mean = scattered.reduce((sum, value) => sum + value, 0) / scattered.length;
    expect(Math.abs(mean - 1)).toBeLessThan(0.06);
    const samples = values(tf.sum(dropPath(x, 0.25, 'b', pass), [1, 2, 3]));
    expect(new Set(samples.map((value) => value.toFixed(3)))).toEqual(new Set(['0.000', '5.333']));
  });

  test('masks follow from purpose, step and slot', () => {
    const mask = (step: number, slot: number, purpose: string) =>
      values(dropout(x, 0.5, purpose, trainingPass(1, step, slot))).join();
    expect(mask(1, 0, 'a')).toBe(mask(1, 0, 'a'));
    expect(new Set([mask(1, 0, 'a'), mask(2, 0, 'a'), mask(1, 1, 'a'), mask(1, 0, 'b')]).size).toBe(
      4,
    );
  });
});

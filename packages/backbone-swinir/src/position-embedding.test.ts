import '@tensorflow/tfjs-backend-cpu';
import { ParameterScope, tf } from '@mmsr/core';
import { positionEmbedding } from './position-embedding.js';

beforeAll(() => tf.setBackend('cpu'));

function embedding(px: number, values: number[]) {
  const scope = ParameterScope.root(1);
  const at = positionEmbedding(scope, px, values.length / (px * px));
  const [parameter] = scope.all;
  parameter?.assign(Float32Array.from(values));
  return { at, parameter };
}

test('images of its size get the parameter as it is', () => {
  const { at, parameter } = embedding(2, [1, 2, 3, 4, 5, 6, 7, 8]);
  expect(parameter?.name).toBe('absolute_pos_embed');
  expect(parameter?.shape).toEqual([1, 4, 2]);
  const result = at(2, 2);
  expect(result.shape).toEqual([1, 2, 2, 2]);
  expect([...result.dataSync()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('other images get it resized bilinearly, as tfjs resizes with half-pixel centres', () => {
  const { at, parameter } = embedding(3, [5, 1, 0, 2, 8, 3, 4, 4, 9]);
  for (const [height, width] of [
    [6, 4],
    [3, 7],
    [2, 3],
  ] as const) {
    const grid = tf.reshape(parameter?.read() as tf.Tensor, [1, 3, 3, 1]) as tf.Tensor4D;
    const expected = tf.image.resizeBilinear(grid, [height, width], false, true).dataSync();
    const result = at(height, width);
    expect(result.shape).toEqual([1, height, width, 1]);
    result.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 5));
  }
});

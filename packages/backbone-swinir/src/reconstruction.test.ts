import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@mmsr/core';
import { repeatPixels } from './reconstruction.js';

beforeAll(() => tf.setBackend('cpu'));

const image = tf.tidy(() => tf.tensor4d([1, 10, 2, 20, 3, 30, 4, 40], [1, 2, 2, 2]));

test('each pixel is repeated along both sides', () => {
  const large = repeatPixels(image, 3);
  expect(large.shape).toEqual([1, 6, 6, 2]);
  const nearest = tf.image.resizeNearestNeighbor(image, [6, 6]);
  expect(large.dataSync()).toEqual(nearest.dataSync());
});

test('the gradient of a pixel is the sum over its copies', () => {
  const weights = tf.reshape(tf.range(0, 32), [1, 4, 4, 2]);
  const gradient = tf.grad((x) => tf.sum(tf.mul(repeatPixels(x as tf.Tensor4D, 2), weights)));
  // Channel 0 of the first pixel: 0 + 2 + 8 + 10, and so on.
  expect([...gradient(image).dataSync()]).toEqual([20, 24, 36, 40, 84, 88, 100, 104]);
});

import '@tensorflow/tfjs-backend-cpu';
import { tf } from '@mmsr/core';
import { merge, partition, planWindows, relativePositions, roll } from './windows.js';

beforeAll(() => tf.setBackend('cpu'));

/** Pixel values that say where they are: 100 y + x, for images of one channel. */
function coordinates(height: number, width: number): tf.Tensor4D {
  const values = Array.from(
    { length: height * width },
    (_, i) => 100 * Math.floor(i / width) + (i % width),
  );
  return tf.tensor4d(values, [1, height, width, 1]);
}

test('a partition lists window after window, row by row', () => {
  const rows = [...partition(coordinates(4, 6), 2).dataSync()];
  expect(rows.slice(0, 8)).toEqual([0, 1, 100, 101, 2, 3, 102, 103]);
  expect(rows.slice(-4)).toEqual([204, 205, 304, 305]);
});

test('merging undoes the partition of several images', () => {
  const x = tf.reshape(tf.range(0, 2 * 6 * 9 * 5), [2, 6, 9, 5]) as tf.Tensor4D;
  const back = merge(partition(x, 3), [2, 6, 9, 5], 3);
  expect(back.dataSync()).toEqual(x.dataSync());
});

test('rolling moves up and left, and back', () => {
  const x = coordinates(4, 5);
  const rolled = roll(x, 1);
  expect([...rolled.dataSync()].slice(0, 5)).toEqual([101, 102, 103, 104, 100]);
  expect([...rolled.dataSync()].slice(-5)).toEqual([1, 2, 3, 4, 0]);
  expect(roll(rolled, -1).dataSync()).toEqual(x.dataSync());
});

test('the gradient of rolling is rolling back', () => {
  const weights = coordinates(4, 5);
  const gradient = tf.grad((x) => tf.sum(tf.mul(roll(x as tf.Tensor4D, 3), weights)));
  expect(gradient(coordinates(4, 5)).dataSync()).toEqual(roll(weights, -3).dataSync());
});

test('the row of the bias table follows from how far apart two pixels are', () => {
  const positions = relativePositions(8);
  expect(positions).toHaveLength(4096);
  const between = (y: number, x: number, otherY: number, otherX: number) =>
    positions[(y * 8 + x) * 64 + otherY * 8 + otherX];
  expect(between(3, 5, 3, 5)).toBe(7 * 15 + 7);
  expect(between(0, 0, 7, 7)).toBe(0);
  expect(between(7, 7, 0, 0)).toBe(224);
  expect(between(2, 1, 4, 7)).toBe((-2 + 7) * 15 + (-6 + 7));
});

test.each([
  [16, 16, 8],
  [24, 16, 8],
  [9, 6, 3],
])('the mask of %d x %d in windows of %d parts what is not together in the image', (h, w, side) => {
  const mask = planWindows(h, w, side).mask as tf.Tensor4D;
  const pixels = side * side;
  expect(mask.shape).toEqual([(h * w) / pixels, 1, pixels, pixels]);
  const shift = Math.floor(side / 2);
  const origin = [...partition(roll(coordinates(h, w), shift), side).dataSync()];
  const place = [...partition(coordinates(h, w), side).dataSync()];
  // Two pixels of a window belong together when the shift left their distance as it is in the image.
  const expected = Array.from({ length: mask.size }, (_, index) => {
    const window = Math.floor(index / (pixels * pixels)) * pixels;
    const i = window + (Math.floor(index / pixels) % pixels);
    const j = window + (index % pixels);
    const inImage = (origin[i] as number) - (origin[j] as number);
    const inWindow = (place[i] as number) - (place[j] as number);
    return inImage === inWindow ? 0 : -100;
  });
  expect([...mask.dataSync()].map((value) => value + 0)).toEqual(expected);
});

test.each([
  [8, 8],
  [8, 24],
])('an image of %d x %d pixels, one window across, has no shifted windows', (height, width) => {
  expect(planWindows(height, width, 8).mask).toBeUndefined();
});

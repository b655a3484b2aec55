import * as tf from '../../tf.js';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { Type } from 'typebox';
import { defineSuperResolutionLoss } from '../../plugins/define.js';
import { gaussianWindow, SSIM_WINDOW_PX } from '../../evaluation/ssim.js';

const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/** 1 - SSIM (Wang et al. 2004): Gaussian 11x11, sigma 1.5, valid region, per channel, data range 1. */
export const ssimLoss = defineSuperResolutionLoss({
  name: 'ssim',
  apiVersion: 1,
  description: '1 - SSIM, Gaussian window 11x11, sigma 1.5.',
  configSchema: Type.Object({}),
  create: () => (sr, hr) => tf.sub(1, tf.mean(ssimMap(sr, hr))),
});

function ssimMap(a: Tensor4D, b: Tensor4D): Tensor4D {
  const [rows, columns] = filters();
  const blur = (x: Tensor4D) => tf.conv2d(tf.conv2d(x, rows, 1, 'valid'), columns, 1, 'valid');
  const meanA = blur(a);
  const meanB = blur(b);
  const varianceA = tf.sub(blur(tf.square(a)), tf.square(meanA));
  const varianceB = tf.sub(blur(tf.square(b)), tf.square(meanB));
  const covariance = tf.sub(blur(tf.mul(a, b)), tf.mul(meanA, meanB));
  const numerator = tf.mul(
    tf.add(tf.mul(tf.mul(meanA, meanB), 2), C1),
    tf.add(tf.mul(covariance, 2), C2),
  );
  const denominator = tf.mul(
    tf.add(tf.add(tf.square(meanA), tf.square(meanB)), C1),
    tf.add(tf.add(varianceA, varianceB), C2),
  );
  return tf.div(numerator, denominator);
}

/** The Gaussian along rows and along columns, as convolutions that keep the three channels apart. */
function filters(): [Tensor4D, Tensor4D] {
  const window = gaussianWindow();
  const values = new Float32Array(SSIM_WINDOW_PX * 9);
  window.forEach((weight, i) => {
    for (let channel = 0; channel < 3; channel++) values[i * 9 + channel * 4] = weight;
  });
  return [
    tf.tensor4d(values, [SSIM_WINDOW_PX, 1, 3, 3]),
    tf.tensor4d(values, [1, SSIM_WINDOW_PX, 3, 3]),
  ];
}

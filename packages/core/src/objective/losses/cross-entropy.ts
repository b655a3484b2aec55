import * as tf from '../../tf.js';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { Type } from 'typebox';
import { defineMagnificationLoss } from '../../plugins/define.js';

/** Softmax cross-entropy; with label smoothing as torch.nn.CrossEntropyLoss has it. */
export const crossEntropyLoss = defineMagnificationLoss({
  name: 'cross-entropy',
  apiVersion: 1,
  description: 'Softmax cross-entropy, optionally with smoothed labels.',
  configSchema: Type.Object({
    labelSmoothing: Type.Number({ minimum: 0, maximum: 1, default: 0 }),
  }),
  create:
    ({ labelSmoothing }, { classes }) =>
    (logits, magnification) => {
      const sharp = oneHot(magnification, classes);
      const target = tf.add(tf.mul(sharp, 1 - labelSmoothing), labelSmoothing / classes);
      return tf.neg(tf.mean(tf.sum(tf.mul(target, logSoftmax(logits)), 1)));
    },
});

/** [N, classes] of 0 and 1. By a cast: the wasm kernel of tf.oneHot writes integers whatever it is asked for. */
export function oneHot(magnification: Tensor1D, classes: number): Tensor2D {
  return tf.cast(tf.oneHot(magnification, classes), 'float32') as Tensor2D;
}

/** Log of the softmax over the last axis, safe for large scores. */
export function logSoftmax(logits: Tensor2D): Tensor2D {
  const shifted = tf.sub<Tensor2D>(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

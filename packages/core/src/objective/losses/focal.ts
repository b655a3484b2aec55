import * as tf from '../../tf.js';
import { Type } from 'typebox';
import { defineMagnificationLoss } from '../../plugins/define.js';
import { logSoftmax, oneHot } from './cross-entropy.js';

/** Mean of -(1 - p)^gamma log p of the true class (Lin et al. 2017), without class weights. */
export const focalLoss = defineMagnificationLoss({
  name: 'focal',
  apiVersion: 1,
  description: 'Cross-entropy that counts well-classified images less.',
  configSchema: Type.Object({
    gamma: Type.Number({ minimum: 0, default: 2 }),
  }),
  create:
    ({ gamma }, { classes }) =>
    (logits, magnification) => {
      const truth = oneHot(magnification, classes);
      const logProbability = tf.sum(tf.mul(truth, logSoftmax(logits)), 1);
      // 1 - p is kept above 0: the power's gradient there is infinite for gamma < 1.
      const doubt = tf.maximum(tf.sub(1, tf.exp(logProbability)), 1e-7);
      return tf.neg(tf.mean(tf.mul(tf.pow(doubt, gamma), logProbability)));
    },
});

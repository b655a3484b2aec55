import * as tf from '../../tf.js';
import { Type } from 'typebox';
import { defineSuperResolutionLoss } from '../../plugins/define.js';

/** Mean of sqrt(difference^2 + epsilon^2), a smooth L1 (Lai et al. 2017). */
export const charbonnierLoss = defineSuperResolutionLoss({
  name: 'charbonnier',
  apiVersion: 1,
  description: 'A smooth L1: the mean of sqrt(difference^2 + epsilon^2).',
  configSchema: Type.Object({
    epsilon: Type.Number({ exclusiveMinimum: 0, default: 1e-3 }),
  }),
  create:
    ({ epsilon }) =>
    (sr, hr) =>
      tf.mean(tf.sqrt(tf.add(tf.square(tf.sub(sr, hr)), epsilon * epsilon))),
});

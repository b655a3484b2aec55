import * as tf from '../../tf.js';
import { Type } from 'typebox';
import { defineSuperResolutionLoss } from '../../plugins/define.js';

/** Mean squared error. */
export const mseLoss = defineSuperResolutionLoss({
  name: 'mse',
  apiVersion: 1,
  description: 'Mean squared error.',
  configSchema: Type.Object({}),
  create: () => (sr, hr) => tf.mean(tf.square(tf.sub(sr, hr))),
});

import * as tf from '../../tf.js';
import { Type } from 'typebox';
import { defineSuperResolutionLoss } from '../../plugins/define.js';

/** Mean absolute error; its gradient at 0 is 0. */
export const l1Loss = defineSuperResolutionLoss({
  name: 'l1',
  apiVersion: 1,
  description: 'Mean absolute error.',
  configSchema: Type.Object({}),
  create: () => (sr, hr) => {
    const difference = tf.sub(sr, hr);
    return tf.mean(absolute(difference));
  },
});

/** |x| with the gradient sign(x): that of tf.abs is -1 at 0 on some backends. */
const absolute = tf.customGrad((x, save) => {
  const input = x as tf.Tensor;
  (save as tf.GradSaveFunc)([input]);
  return {
    value: tf.abs(input),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.sign(saved[0] as tf.Tensor)),
  };
});

import { defineHead, dropout, linear, tf, Type } from '@mmsr/core';
import { Dropout } from './options.js';

export const PooledLinearConfig = Type.Object({ dropout: Dropout });

/** Global average pooling and a linear layer. */
export const pooledLinear = defineHead({
  name: 'pooled-linear',
  apiVersion: 1,
  description: 'Mean of the features over all positions, then a linear layer.',
  configSchema: PooledLinearConfig,
  create: ({ dropout: rate }, { channels, classes, parameters }) => {
    const classify = linear(parameters.scope('linear'), channels, classes);
    return {
      logits: (features, pass) => {
        const pooled = tf.mean<tf.Tensor2D>(features, [1, 2]); // [N, C]
        return classify(dropout(pooled, rate, parameters.nameOf('dropout'), pass));
      },
    };
  },
});

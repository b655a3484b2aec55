import { conv2d, defineHead, dropout, linear, tf, Type } from '@mmsr/core';
import { Dropout } from './options.js';

export const ConvPoolConfig = Type.Object({
  features: Type.Integer({ minimum: 1, default: 64, description: 'Channels of the convolution.' }),
  kernelPx: Type.Union([Type.Literal(1), Type.Literal(3), Type.Literal(5), Type.Literal(7)], {
    default: 3,
    description: 'Side of the convolution.',
  }),
  dropout: Dropout,
});

/** A convolution with ReLU of the head's own, global average pooling and a linear layer. */
export const convPool = defineHead({
  name: 'conv-pool',
  apiVersion: 1,
  description: 'Convolution and ReLU, mean over all positions, then a linear layer.',
  configSchema: ConvPoolConfig,
  create: ({ features: hidden, kernelPx, dropout: rate }, { channels, classes, parameters }) => {
    const convolve = conv2d(parameters.scope('conv'), channels, hidden, kernelPx);
    const classify = linear(parameters.scope('linear'), hidden, classes);
    return {
      logits: (features, pass) => {
        const pooled = tf.mean<tf.Tensor2D>(tf.relu(convolve(features)), [1, 2]); // [N, hidden]
        return classify(dropout(pooled, rate, parameters.nameOf('dropout'), pass));
      },
    };
  },
});

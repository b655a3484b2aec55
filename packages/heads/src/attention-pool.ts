import { defineHead, dropout, linear, tf, Type, type ParameterScope } from '@mmsr/core';
import { Dropout } from './options.js';

export const AttentionPoolConfig = Type.Object({
  features: Type.Integer({
    minimum: 1,
    default: 128,
    description: 'Width of the attention network.',
  }),
  dropout: Dropout,
});

/**
 * A weight for each position of an image, summing to 1: softmax of w^T (tanh(V h) * sigmoid(U h)).
 * The score has no bias, which the softmax would cancel.
 * @returns [N, H, W, C] to [N, 1, H * W]
 */
function gatedAttention(parameters: ParameterScope, channels: number, hidden: number) {
  const value = linear(parameters.scope('value'), channels, hidden);
  const gate = linear(parameters.scope('gate'), channels, hidden);
  const score = linear(parameters.scope('score'), hidden, 1, { bias: false });
  return (features: tf.Tensor4D): tf.Tensor3D => {
    const [batch, height, width] = features.shape;
    const rows = tf.reshape<tf.Rank.R2>(features, [batch * height * width, channels]);
    const scores = score(tf.mul(tf.tanh(value(rows)), tf.sigmoid(gate(rows))));
    return tf.softmax(tf.reshape(scores, [batch, 1, height * width]));
  };
}

/**
 * Positions pooled by gated attention, then a linear layer: Ilse et al., Attention-based Deep Multiple
 * Instance Learning, ICML 2018, equation 9, with the image's positions as instances.
 */
export const attentionPool = defineHead({
  name: 'attention-pool',
  apiVersion: 1,
  description: 'Gated attention over positions (Ilse et al. 2018), then a linear layer.',
  configSchema: AttentionPoolConfig,
  create: ({ features: hidden, dropout: rate }, { channels, classes, parameters }) => {
    const attend = gatedAttention(parameters, channels, hidden);
    const classify = linear(parameters.scope('linear'), channels, classes);
    return {
      logits: (features, pass) => {
        const [batch, height, width] = features.shape;
        const positions = tf.reshape<tf.Rank.R3>(features, [batch, height * width, channels]);
        const pooled = tf.matMul(attend(features), positions); // [N, 1, C]
        const rows = tf.reshape<tf.Rank.R2>(pooled, [batch, channels]);
        return classify(dropout(rows, rate, parameters.nameOf('dropout'), pass));
      },
    };
  },
});

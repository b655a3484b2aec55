import {
  dropout,
  dropPath,
  gelu,
  layerNorm,
  linear,
  tf,
  truncatedNormal,
  zeros,
  type ForwardPass,
  type ParameterScope,
} from '@mmsr/core';
import type { SwinirOptions } from './config.js';
import { merge, partition, roll, shiftOf, type WindowPlan } from './windows.js';

type Images = tf.Tensor4D;
type Rows = tf.Tensor2D;

/** What differs from block to block. */
export interface BlockPlace {
  readonly heads: number;
  readonly shifted: boolean;
  readonly dropPath: number;
}

export type Block = (x: Images, plan: WindowPlan, pass: ForwardPass) => Images;

/** As timm and SwinIR initialise linear layers. */
const LINEAR = { initializer: truncatedNormal(0.02), biasInitializer: zeros } as const;

/** [M * L, 3 * heads * depth] to queries, keys and values, each [M * heads, L, depth] */
function splitHeads(qkv: Rows, pixels: number, heads: number): tf.Tensor3D[] {
  const depth = qkv.shape[1] / (3 * heads);
  const windows = qkv.shape[0] / pixels;
  const split = tf.reshape(qkv, [windows, pixels, 3, heads, depth]);
  const parts = tf.split(tf.transpose(split, [2, 0, 3, 1, 4]), 3, 0);
  return parts.map((part) => tf.reshape(part, [windows * heads, pixels, depth]));
}

/** [M * heads, L, depth] to [M * L, heads * depth] */
function joinHeads(x: tf.Tensor3D, heads: number): Rows {
  const [windowHeads, pixels, depth] = x.shape;
  const split = tf.reshape(x, [windowHeads / heads, heads, pixels, depth]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [-1, heads * depth]);
}

/** Multi-head self-attention within windows, with a learned bias for each relative position. */
function windowAttention(scope: ParameterScope, options: SwinirOptions, heads: number) {
  const { features, windowPx, qkvBias, attentionDropout } = options;
  const pixels = windowPx * windowPx;
  const scale = options.qkScale ?? 1 / Math.sqrt(features / heads);
  const table = scope.parameter(
    'relative_position_bias_table',
    [(2 * windowPx - 1) ** 2, heads],
    truncatedNormal(0.02),
  );
  const toQkv = linear(scope.scope('qkv'), features, 3 * features, { ...LINEAR, bias: qkvBias });
  const project = linear(scope.scope('proj'), features, features, LINEAR);

  /** [windows or nothing, heads, L, L], to be added to the scores */
  const positionBias = (plan: WindowPlan, mask: tf.Tensor4D | undefined) => {
    const pairs = tf.gather(table.read<tf.Rank.R2>(), plan.relativePosition); // [L * L, heads]
    const bias = tf.reshape(tf.transpose(pairs), [heads, pixels, pixels]);
    return mask === undefined ? bias : tf.add(mask, bias);
  };

  return (x: Rows, plan: WindowPlan, mask: tf.Tensor4D | undefined, pass: ForwardPass): Rows => {
    const [q, k, v] = splitHeads(toQkv(x), pixels, heads) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ];
    const scores = tf.matMul(tf.mul(q, scale), k, false, true); // [M * heads, L, L]
    // The windows of an image, or a single one, are one row, so that the bias is added row by row.
    const bias = positionBias(plan, mask);
    const biased = tf.add(tf.reshape(scores, [-1, bias.size]), tf.reshape(bias, [-1]));
    const weights = tf.softmax(tf.reshape<tf.Rank.R3>(biased, [-1, pixels, pixels]));
    const dropped = dropout(weights, attentionDropout, scope.nameOf('attn_drop'), pass);
    const attended = project(joinHeads(tf.matMul(dropped, v), heads));
    return dropout(attended, options.dropout, scope.nameOf('proj_drop'), pass);
  };
}

/** Linear, GELU, linear. */
function perceptron(scope: ParameterScope, options: SwinirOptions) {
  const { features, mlpRatio } = options;
  const hidden = Math.floor(features * mlpRatio);
  const expand = linear(scope.scope('fc1'), features, hidden, LINEAR);
  const contract = linear(scope.scope('fc2'), hidden, features, LINEAR);
  const drop = (x: Rows, name: string, pass: ForwardPass) =>
    dropout(x, options.dropout, scope.nameOf(name), pass);
  return (x: Rows, pass: ForwardPass): Rows => {
    const y = drop(gelu(expand(x)), 'drop1', pass);
    return drop(contract(y), 'drop2', pass);
  };
}

/** Swin transformer block: attention and MLP, each normalised before and with a skip around it. */
export function transformerBlock(
  scope: ParameterScope,
  options: SwinirOptions,
  place: BlockPlace,
): Block {
  const { features, windowPx } = options;
  const shiftPx = shiftOf(windowPx);
  const norm1 = layerNorm(scope.scope('norm1'), features);
  const attend = windowAttention(scope.scope('attn'), options, place.heads);
  const norm2 = layerNorm(scope.scope('norm2'), features);
  const mlp = perceptron(scope.scope('mlp'), options);
  const path = (x: Images, name: string, pass: ForwardPass) =>
    dropPath(x, place.dropPath, scope.nameOf(name), pass);

  const attention: Block = (x, plan, pass) => {
    const mask = place.shifted ? plan.mask : undefined;
    const shifted = mask === undefined ? x : roll(x, shiftPx);
    const rows = attend(partition(shifted, windowPx), plan, mask, pass);
    const y = merge(rows, x.shape, windowPx);
    return mask === undefined ? y : roll(y, -shiftPx);
  };

  return (x, plan, pass) => {
    const y = tf.add<Images>(x, path(attention(norm1(x), plan, pass), 'drop_path1', pass));
    const rows = tf.reshape<tf.Rank.R2>(norm2(y), [-1, features]);
    const z = tf.reshape<tf.Rank.R4>(mlp(rows, pass), x.shape);
    return tf.add(y, path(z, 'drop_path2', pass));
  };
}

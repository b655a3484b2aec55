import * as tf from '../tf.js';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ForwardPass } from '../contracts/forward-pass.js';
import { ones, torchDefault, zeros, type Initializer } from './initializers.js';
import type { ParameterScope } from './parameter-scope.js';

/*
 * Layers are functions made once from a scope and then called on tensors. Images are [N, H, W, C].
 */

export interface ConvolutionOptions {
  readonly bias?: boolean;
  readonly initializer?: Initializer;
  readonly biasInitializer?: Initializer;
  readonly trainable?: boolean;
}

/** A convolution of stride 1, zero-padded to keep the size; PyTorch's Conv2d(padding = kernel >> 1). */
export function conv2d(
  scope: ParameterScope,
  inChannels: number,
  outChannels: number,
  kernelPx: number,
  options: ConvolutionOptions = {},
): (x: Tensor4D) => Tensor4D {
  const byFan = torchDefault(inChannels * kernelPx * kernelPx);
  const { bias = true, initializer = byFan, biasInitializer = byFan, trainable = true } = options;
  const shape = [kernelPx, kernelPx, inChannels, outChannels];
  const weight = scope.parameter('weight', shape, initializer, { layout: 'conv2d', trainable });
  const offset = bias
    ? scope.parameter('bias', [outChannels], biasInitializer, { trainable })
    : undefined;
  return (x) => {
    const y = tf.conv2d(x, weight.read<tf.Rank.R4>(), 1, 'same');
    return offset === undefined ? y : tf.add(y, offset.read());
  };
}

export interface LinearOptions {
  readonly bias?: boolean;
  readonly initializer?: Initializer;
  readonly biasInitializer?: Initializer;
}

/** A linear layer over the last axis of [rows, inFeatures]. */
export function linear(
  scope: ParameterScope,
  inFeatures: number,
  outFeatures: number,
  options: LinearOptions = {},
): (x: Tensor2D) => Tensor2D {
  const byFan = torchDefault(inFeatures);
  const { bias = true, initializer = byFan, biasInitializer = byFan } = options;
  const weight = scope.parameter('weight', [inFeatures, outFeatures], initializer, {
    layout: 'linear',
  });
  const offset = bias ? scope.parameter('bias', [outFeatures], biasInitializer) : undefined;
  return (x) => {
    const y = tf.matMul<Tensor2D>(x, weight.read<tf.Rank.R2>());
    return offset === undefined ? y : tf.add(y, offset.read());
  };
}

/** Layer normalisation over the last axis; epsilon 1e-5 is PyTorch's. */
export function layerNorm(
  scope: ParameterScope,
  features: number,
  epsilon = 1e-5,
): <T extends tf.Tensor>(x: T) => T {
  const weight = scope.parameter('weight', [features], ones);
  const bias = scope.parameter('bias', [features], zeros);
  return <T extends tf.Tensor>(x: T): T => {
    const mean = tf.mean(x, -1, true);
    const centred = tf.sub(x, mean);
    const variance = tf.mean(tf.square(centred), -1, true);
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(normal, weight.read()), bias.read());
  };
}

/** The exact GELU, x * Phi(x), by the error function. */
export function gelu<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/** PyTorch's PixelShuffle: channel c * r * r + i * r + j goes to row i, column j of channel c. */
export function pixelShuffle(x: Tensor4D, factor: number): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const out = channels / (factor * factor);
  const split = tf.reshape(x, [batch, height, width, out, factor, factor]);
  // [N, H, W, C, i, j] -> [N, H, i, W, j, C]
  const rows = tf.transpose(split, [0, 1, 4, 2, 5, 3]);
  return tf.reshape(rows, [batch, height * factor, width * factor, out]);
}

/**
 * The upsampler of EDSR, RCAN and SwinIR: 2, 4 and 8 repeat (convolution to 4 times the channels,
 * pixel shuffle by 2), 3 does it once by 3. Parameters are `0`, `2`, `4` as in their nn.Sequential.
 */
export function upsampler(
  scope: ParameterScope,
  scale: number,
  channels: number,
): (x: Tensor4D) => Tensor4D {
  const factors = scale === 3 ? [3] : Array.from({ length: Math.log2(scale) }, () => 2);
  const stages = factors.map((factor, stage) => {
    const expand = conv2d(scope.scope(2 * stage), channels, channels * factor * factor, 3);
    return (x: Tensor4D) => pixelShuffle(expand(x), factor);
  });
  return (x) => stages.reduce((y, stage) => stage(y), x);
}

/** Dropout with masks drawn by (seed, purpose, step): kept values are scaled by 1 / (1 - rate). */
export function dropout<T extends tf.Tensor>(
  x: T,
  rate: number,
  purpose: string,
  pass: ForwardPass,
): T {
  if (!pass.training || rate === 0) return x;
  const kept = tf.cast(tf.greaterEqual(pass.uniform(purpose, x.shape), rate), 'float32');
  return tf.mul(x, tf.div(kept, 1 - rate));
}

/** Stochastic depth: drops whole samples of a residual branch (Huang et al. 2016; timm's DropPath). */
export function dropPath<T extends tf.Tensor>(
  x: T,
  rate: number,
  purpose: string,
  pass: ForwardPass,
): T {
  if (!pass.training || rate === 0) return x;
  const shape = x.shape.map((side, axis) => (axis === 0 ? side : 1));
  const kept = tf.cast(tf.greaterEqual(pass.uniform(purpose, shape), rate), 'float32');
  return tf.mul(x, tf.div(kept, 1 - rate));
}

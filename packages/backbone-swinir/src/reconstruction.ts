import { conv2d, pixelShuffle, tf, upsampler, type ParameterScope } from '@mmsr/core';
import type { SwinirOptions } from './config.js';

type Images = tf.Tensor4D;
type Layer = (x: Images) => Images;

/** Channels during upsampling, fixed in the reference. */
const UPSAMPLING_FEATURES = 64;

/** Features [N, H, W, C] to images [N, H * scale, W * scale, 3], still without the mean. */
export function reconstruction(
  parameters: ParameterScope,
  options: SwinirOptions,
  scale: number,
): Layer {
  switch (options.upsampler) {
    case 'pixelshuffle':
      return pixelShuffleUpsampler(parameters, options.features, scale);
    case 'pixelshuffledirect':
      return directUpsampler(parameters, options.features, scale);
    case 'nearest+conv':
      return nearestUpsampler(parameters, options.features, scale);
  }
}

/** Classical SR: the upsampler of EDSR at 64 channels. */
function pixelShuffleUpsampler(parameters: ParameterScope, features: number, scale: number): Layer {
  const before = beforeUpsampling(parameters, features);
  const upsample = upsampler(parameters.scope('upsample'), scale, UPSAMPLING_FEATURES);
  const last = conv2d(parameters.scope('conv_last'), UPSAMPLING_FEATURES, 3, 3);
  return (x) => last(upsample(before(x)));
}

/** Lightweight SR: one convolution to the colours of all subpixels. */
function directUpsampler(parameters: ParameterScope, features: number, scale: number): Layer {
  const expand = conv2d(parameters.scope('upsample').scope(0), features, 3 * scale * scale, 3);
  return (x) => pixelShuffle(expand(x), scale);
}

/**
 * Real-world SR: pixels repeated, then convolved. The reference is for scale 4 (and 2, in KAIR): one
 * stage `conv_up1`, `conv_up2` per doubling. Scale 8 continues that, scale 3 has one stage by 3.
 */
function nearestUpsampler(parameters: ParameterScope, features: number, scale: number): Layer {
  const before = beforeUpsampling(parameters, features);
  const convolution = (name: string) =>
    conv2d(parameters.scope(name), UPSAMPLING_FEATURES, UPSAMPLING_FEATURES, 3);
  const factors = scale === 3 ? [3] : Array.from({ length: Math.log2(scale) }, () => 2);
  const stages = factors.map((factor, i) => {
    const convolve = convolution(`conv_up${i + 1}`);
    return (x: Images) => tf.leakyRelu(convolve(repeatPixels(x, factor)), 0.2);
  });
  const refine = convolution('conv_hr');
  const last = conv2d(parameters.scope('conv_last'), UPSAMPLING_FEATURES, 3, 3);
  return (x) => {
    const large = stages.reduce((y, stage) => stage(y), before(x));
    return last(tf.leakyRelu(refine(large), 0.2));
  };
}

function beforeUpsampling(parameters: ParameterScope, features: number): Layer {
  const scope = parameters.scope('conv_before_upsample').scope(0);
  const convolve = conv2d(scope, features, UPSAMPLING_FEATURES, 3);
  return (x) => tf.leakyRelu(convolve(x), 0.01);
}

/**
 * Each pixel `factor` times along both sides: nearest-neighbour enlargement, of operations whose
 * gradients every backend has.
 */
export function repeatPixels(x: Images, factor: number): Images {
  const [batch, height, width, channels] = x.shape;
  const repeat = (y: tf.Tensor3D) => tf.concat(Array<tf.Tensor3D>(factor).fill(y), 1);
  const rows = repeat(tf.reshape(x, [batch * height, 1, width * channels]));
  const pixels = repeat(tf.reshape(rows, [batch * height * factor * width, 1, channels]));
  return tf.reshape(pixels, [batch, height * factor, width * factor, channels]);
}

import {
  conv2d,
  defineBackbone,
  dropout,
  layerNorm,
  tf,
  type Backbone,
  type BackboneContext,
  type ForwardPass,
  type ParameterScope,
} from '@mmsr/core';
import { checkOptions, SwinirConfig, type SwinirOptions } from './config.js';
import { positionEmbedding } from './position-embedding.js';
import { reconstruction } from './reconstruction.js';
import { transformerBlock, type Block } from './transformer.js';
import { planWindows } from './windows.js';

/*
 * SwinIR: Liang et al., Image Restoration Using Swin Transformer, ICCVW 2021. Structure and parameter
 * names are those of JingyunLiang/SwinIR. Images are [N, H, W, C].
 */

type Images = tf.Tensor4D;

/** Mean of DIV2K's training images in 0..1; not among the weights. */
const RGB_MEAN = [0.4488, 0.4371, 0.404];

/** The convolution before a skip; 3conv goes through a quarter of the channels to save parameters. */
function residualConvolution(scope: ParameterScope, options: SwinirOptions): (x: Images) => Images {
  const { features, residualConnection } = options;
  if (residualConnection === '1conv') return conv2d(scope, features, features, 3);
  const few = Math.floor(features / 4);
  const squeeze = conv2d(scope.scope(0), features, few, 3);
  const mix = conv2d(scope.scope(2), few, few, 1);
  const expand = conv2d(scope.scope(4), few, features, 3);
  return (x) => expand(tf.leakyRelu(mix(tf.leakyRelu(squeeze(x), 0.2)), 0.2));
}

/** Drop path rises linearly from 0 at the first block of the network to its rate at the last. */
function dropPathRates({ depths, dropPath }: SwinirOptions): number[][] {
  const total = depths.reduce((sum, depth) => sum + depth, 0);
  let block = 0;
  return depths.map((depth) =>
    Array.from({ length: depth }, () => (dropPath * block++) / Math.max(1, total - 1)),
  );
}

/** Residual Swin transformer block (RSTB): transformer blocks, a convolution and a skip. */
function residualLayer(
  scope: ParameterScope,
  options: SwinirOptions,
  heads: number,
  dropPaths: readonly number[],
): Block {
  const group = scope.scope('residual_group').scope('blocks');
  const blocks = dropPaths.map((dropPath, i) =>
    transformerBlock(group.scope(i), options, { heads, shifted: i % 2 === 1, dropPath }),
  );
  const convolve = residualConvolution(scope.scope('conv'), options);
  return (x, plan, pass) => {
    const y = blocks.reduce((input, block) => block(input, plan, pass), x);
    return tf.add(x, convolve(y));
  };
}

/** What the transformer starts from: normalised shallow features and, if asked for, where they are. */
function embedder(parameters: ParameterScope, options: SwinirOptions) {
  const { features, absolutePositionEmbeddingPx: positionsPx, patchNorm } = options;
  const positions =
    positionsPx === null ? undefined : positionEmbedding(parameters, positionsPx, features);
  const norm = patchNorm
    ? layerNorm(parameters.scope('patch_embed').scope('norm'), features)
    : undefined;
  return (shallow: Images, pass: ForwardPass): Images => {
    const [, height, width] = shallow.shape;
    const patches = norm === undefined ? shallow : norm(shallow);
    const placed =
      positions === undefined ? patches : tf.add<Images>(patches, positions(height, width));
    return dropout(placed, options.dropout, parameters.nameOf('pos_drop'), pass);
  };
}

/** Shallow features, embedding, residual layers and the long skip; up to what upsampling starts from. */
function extractor(parameters: ParameterScope, options: SwinirOptions): Backbone['extract'] {
  const { features, heads, windowPx, rgbRange } = options;
  const first = conv2d(parameters.scope('conv_first'), 3, features, 3);
  const embed = embedder(parameters, options);
  const layerScope = parameters.scope('layers');
  const layers = dropPathRates(options).map((rates, i) =>
    residualLayer(layerScope.scope(i), options, heads[i] as number, rates),
  );
  const norm = layerNorm(parameters.scope('norm'), features);
  const last = residualConvolution(parameters.scope('conv_after_body'), options);
  return (lr: Images, pass: ForwardPass) => {
    const plan = planWindows(lr.shape[1], lr.shape[2], windowPx);
    const centred = tf.sub<Images>(lr, tf.tensor1d(RGB_MEAN));
    const shallow = first(tf.mul(centred, rgbRange));
    const deep = layers.reduce(
      (x, layer, i) => {
        const y = layer(x, plan, pass);
        pass.tap(`layer-${i + 1}`, y);
        return y;
      },
      embed(shallow, pass),
    );
    return tf.add(shallow, last(norm(deep)));
  };
}

function createSwinir(options: SwinirOptions, { scale, parameters }: BackboneContext): Backbone {
  checkOptions(options);
  const { depths, features, windowPx, rgbRange } = options;
  const extract = extractor(parameters, options);
  const upsample = reconstruction(parameters, options, scale);
  return {
    featureChannels: features,
    sizeMultiple: windowPx,
    taps: Object.fromEntries(depths.map((_, i) => [`layer-${i + 1}`, features])),
    extract,
    reconstruct: (x) => tf.add(tf.div(upsample(x), rgbRange), tf.tensor1d(RGB_MEAN)),
  };
}

/** SwinIR with the options of the published SwinIR-M for classical SR as defaults. */
export const swinir = defineBackbone({
  name: 'swinir',
  apiVersion: 1,
  description: 'SwinIR (Liang et al. 2021): residual Swin transformer layers.',
  configSchema: SwinirConfig,
  create: createSwinir,
});

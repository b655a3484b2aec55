import {
  constant,
  conv2d,
  defineBackbone,
  MmsrError,
  tf,
  Type,
  upsampler,
  type Backbone,
  type BackboneContext,
  type ForwardPass,
  type ParameterScope,
  type Static,
} from '@mmsr/core';

/*
 * RCAN: Zhang et al., Image Super-Resolution Using Very Deep Residual Channel Attention Networks, ECCV
 * 2018. Structure and parameter names are those of yulunzhang/RCAN. Images are [N, H, W, C].
 */

type Images = tf.Tensor4D;
type Layer = (x: Images) => Images;

/** Mean of DIV2K's training images in 0..1, which the published weights expect to be subtracted. */
const RGB_MEAN = [0.4488, 0.4371, 0.404] as const;
const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

export const RcanConfig = Type.Object({
  groups: Type.Integer({ minimum: 1, default: 10, description: 'Residual groups.' }),
  blocks: Type.Integer({ minimum: 1, default: 20, description: 'Attention blocks per group.' }),
  features: Type.Integer({ minimum: 1, default: 64, description: 'Channels.' }),
  reduction: Type.Integer({
    minimum: 1,
    default: 16,
    description: 'The channel attention squeezes to features / reduction channels.',
  }),
  kernelPx: Type.Union([Type.Literal(3), Type.Literal(5), Type.Literal(7)], {
    default: 3,
    description: 'Side of the convolutions but those of the upsampler, which are 3.',
  }),
  rgbRange: Type.Union([Type.Literal(1), Type.Literal(255)], {
    default: 1,
    description:
      'The network computes with colours from 0 to this; published weights take 255, with which a head reads features 255 times as large.',
  }),
  trainMeanShift: Type.Boolean({
    default: false,
    description: "Whether the mean shift learns, as it does in the authors' code.",
  }),
});

export type RcanOptions = Static<typeof RcanConfig>;

/** Adds `sign` times the mean colour: a 1x1 convolution in the published weights. */
function meanShift(scope: ParameterScope, sign: 1 | -1, options: RcanOptions): Layer {
  return conv2d(scope, 3, 3, 1, {
    initializer: constant(IDENTITY),
    biasInitializer: constant(RGB_MEAN.map((mean) => sign * options.rgbRange * mean)),
    trainable: options.trainMeanShift,
  });
}

/** Scales each channel by a weight in 0..1 that follows from the means of all channels (section 3.3). */
function channelAttention(scope: ParameterScope, features: number, reduction: number): Layer {
  const squeezed = features / reduction;
  const squeeze = conv2d(scope.scope('conv_du').scope(0), features, squeezed, 1);
  const excite = conv2d(scope.scope('conv_du').scope(2), squeezed, features, 1);
  return (x) => {
    const means = tf.mean<Images>(x, [1, 2], true); // [N, 1, 1, C]
    const weights = tf.sigmoid(excite(tf.relu(squeeze(means))));
    return tf.mul(x, weights);
  };
}

/** Residual channel attention block: convolution, ReLU, convolution, attention (section 3.4). */
function attentionBlock(scope: ParameterScope, options: RcanOptions): Layer {
  const { features, kernelPx, reduction } = options;
  const body = scope.scope('body');
  const first = conv2d(body.scope(0), features, features, kernelPx);
  const second = conv2d(body.scope(2), features, features, kernelPx);
  const attend = channelAttention(body.scope(3), features, reduction);
  return (x) => tf.add(x, attend(second(tf.relu(first(x)))));
}

/** Blocks and a convolution with a skip around them (section 3.2). */
function residualGroup(scope: ParameterScope, options: RcanOptions): Layer {
  const { blocks, features, kernelPx } = options;
  const body = scope.scope('body');
  const layers = Array.from({ length: blocks }, (_, i) => attentionBlock(body.scope(i), options));
  const last = conv2d(body.scope(blocks), features, features, kernelPx);
  return (x) => tf.add(x, last(layers.reduce((y, layer) => layer(y), x)));
}

/** Mean shift, shallow features, residual groups and the long skip; up to what upsampling starts from. */
function extractor(parameters: ParameterScope, options: RcanOptions): Backbone['extract'] {
  const { groups, features, kernelPx, rgbRange } = options;
  const subtractMean = meanShift(parameters.scope('sub_mean'), -1, options);
  const head = conv2d(parameters.scope('head').scope(0), 3, features, kernelPx);
  const body = parameters.scope('body');
  const layers = Array.from({ length: groups }, (_, i) => residualGroup(body.scope(i), options));
  const last = conv2d(body.scope(groups), features, features, kernelPx);
  return (lr: Images, pass: ForwardPass) => {
    const shallow = head(subtractMean(tf.mul(lr, rgbRange)));
    pass.tap('head', shallow);
    const deep = layers.reduce((x, layer, i) => {
      const y = layer(x);
      pass.tap(`group-${i + 1}`, y);
      return y;
    }, shallow);
    return tf.add(shallow, last(deep));
  };
}

function reconstructor(
  parameters: ParameterScope,
  scale: number,
  options: RcanOptions,
): Backbone['reconstruct'] {
  const { features, kernelPx, rgbRange } = options;
  const tail = parameters.scope('tail');
  const upsample = upsampler(tail.scope(0), scale, features);
  const last = conv2d(tail.scope(1), features, 3, kernelPx);
  const addMean = meanShift(parameters.scope('add_mean'), 1, options);
  return (x: Images) => tf.div(addMean(last(upsample(x))), rgbRange);
}

function createRcan(options: RcanOptions, { scale, parameters }: BackboneContext): Backbone {
  const { groups, features, reduction } = options;
  if (features % reduction !== 0) {
    throw new MmsrError('E_BACKBONE', `rcan: features ${features} / reduction ${reduction}`, {
      where: 'model.backbone.reduction',
      advice: 'Take a reduction that divides the features.',
    });
  }
  const names = ['head', ...Array.from({ length: groups }, (_, i) => `group-${i + 1}`)];
  return {
    featureChannels: features,
    sizeMultiple: 1,
    taps: Object.fromEntries(names.map((name) => [name, features])),
    extract: extractor(parameters, options),
    reconstruct: reconstructor(parameters, scale, options),
  };
}

/** RCAN with the options of the published models as defaults: 10 groups of 20 blocks, 64 features. */
export const rcan = defineBackbone({
  name: 'rcan',
  apiVersion: 1,
  description: 'RCAN (Zhang et al. 2018): residual groups with channel attention.',
  configSchema: RcanConfig,
  create: createRcan,
});

import {
  constant,
  conv2d,
  defineBackbone,
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
 * EDSR: Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution, CVPRW 2017.
 * Structure and parameter names are those of sanghyun-son/EDSR-PyTorch. Images are [N, H, W, C].
 */

type Images = tf.Tensor4D;
type Layer = (x: Images) => Images;

/** Mean of DIV2K's training images in 0..1, which the published weights expect to be subtracted. */
const RGB_MEAN = [0.4488, 0.4371, 0.404] as const;
const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

export const EdsrConfig = Type.Object({
  blocks: Type.Integer({ minimum: 1, default: 16, description: 'Residual blocks; large: 32.' }),
  features: Type.Integer({ minimum: 1, default: 64, description: 'Channels; large: 256.' }),
  residualScale: Type.Number({
    default: 1,
    description: 'Factor of each residual branch; the large model trains with 0.1.',
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
});

export type EdsrOptions = Static<typeof EdsrConfig>;

/** Adds `sign` times the mean colour: a 1x1 convolution in the published weights, never trained. */
function meanShift(scope: ParameterScope, sign: 1 | -1, rgbRange: number): Layer {
  return conv2d(scope, 3, 3, 1, {
    initializer: constant(IDENTITY),
    biasInitializer: constant(RGB_MEAN.map((mean) => sign * rgbRange * mean)),
    trainable: false,
  });
}

/** Convolution, ReLU, convolution, without normalisation (section 3.1). */
function residualBlock(scope: ParameterScope, options: EdsrOptions): Layer {
  const { features, kernelPx, residualScale } = options;
  const body = scope.scope('body');
  const first = conv2d(body.scope(0), features, features, kernelPx);
  const second = conv2d(body.scope(2), features, features, kernelPx);
  return (x) => {
    const residual = second(tf.relu(first(x)));
    return tf.add(x, residualScale === 1 ? residual : tf.mul(residual, residualScale));
  };
}

/** Mean shift, shallow features, residual blocks and the long skip; up to what upsampling starts from. */
function extractor(parameters: ParameterScope, options: EdsrOptions): Backbone['extract'] {
  const { blocks, features, kernelPx, rgbRange } = options;
  const subtractMean = meanShift(parameters.scope('sub_mean'), -1, rgbRange);
  const head = conv2d(parameters.scope('head').scope(0), 3, features, kernelPx);
  const body = parameters.scope('body');
  const layers = Array.from({ length: blocks }, (_, i) => residualBlock(body.scope(i), options));
  const last = conv2d(body.scope(blocks), features, features, kernelPx);
  return (lr: Images, pass: ForwardPass) => {
    const shallow = head(subtractMean(tf.mul(lr, rgbRange)));
    pass.tap('head', shallow);
    const deep = layers.reduce((x, layer, i) => {
      const y = layer(x);
      pass.tap(`block-${i + 1}`, y);
      return y;
    }, shallow);
    return tf.add(shallow, last(deep));
  };
}

function reconstructor(
  parameters: ParameterScope,
  scale: number,
  options: EdsrOptions,
): Backbone['reconstruct'] {
  const { features, kernelPx, rgbRange } = options;
  const tail = parameters.scope('tail');
  const upsample = upsampler(tail.scope(0), scale, features);
  const last = conv2d(tail.scope(1), features, 3, kernelPx);
  const addMean = meanShift(parameters.scope('add_mean'), 1, rgbRange);
  return (x: Images) => tf.div(addMean(last(upsample(x))), rgbRange);
}

function createEdsr(options: EdsrOptions, { scale, parameters }: BackboneContext): Backbone {
  const { blocks, features } = options;
  const names = ['head', ...Array.from({ length: blocks }, (_, i) => `block-${i + 1}`)];
  return {
    featureChannels: features,
    sizeMultiple: 1,
    taps: Object.fromEntries(names.map((name) => [name, features])),
    extract: extractor(parameters, options),
    reconstruct: reconstructor(parameters, scale, options),
  };
}

/** EDSR with the options of the baseline model as defaults; the large one is 32, 256, 0.1. */
export const edsr = defineBackbone({
  name: 'edsr',
  apiVersion: 1,
  description: 'EDSR (Lim et al. 2017): residual blocks without normalisation.',
  configSchema: EdsrConfig,
  create: createEdsr,
});

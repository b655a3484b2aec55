import * as tf from '../tf.js';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Backbone, BackbonePlugin } from '../contracts/backbone.js';
import type { ForwardPass } from '../contracts/forward-pass.js';
import type { Head, HeadPlugin } from '../contracts/head.js';
import { MmsrError } from '../errors.js';
import { ParameterScope } from './parameter-scope.js';
import { reflectToMultiple } from './reflect.js';

export interface ModelPrediction {
  /** [N, h * scale, w * scale, 3] */
  readonly sr: Tensor4D;
  /** [N, classes], undefined without a head. */
  readonly logits: Tensor2D | undefined;
}

/** Which plugins a model is made of; options are validated, without `name` and `attach`. */
export interface ModelDefinition {
  readonly seed: number;
  readonly scale: number;
  readonly classes: number;
  readonly backbone: { readonly plugin: BackbonePlugin; readonly options: object };
  readonly head:
    | { readonly plugin: HeadPlugin; readonly options: object; readonly attach: string | undefined }
    | undefined;
}

/** Parameters of the head begin with this; those of the backbone have its published names. */
export const HEAD_SCOPE = 'magnificationHead';

/**
 * A backbone and a head that reads the features which the reconstruction also uses, or an earlier tap,
 * so that the head's gradient shapes them (MMSRNet, Wu et al. 2023).
 */
export class MultiTaskModel {
  private constructor(
    readonly parameters: ParameterScope,
    private readonly backbone: Backbone,
    private readonly head: Head | undefined,
    private readonly attach: string | undefined,
    private readonly scale: number,
  ) {}

  /** @throws MmsrError E_BACKBONE when the backbone breaks its contract or has no tap of that name */
  static create(definition: ModelDefinition): MultiTaskModel {
    const { seed, scale, classes } = definition;
    const parameters = ParameterScope.root(seed);
    const { plugin, options } = definition.backbone;
    const backbone = plugin.create(options, { scale, parameters });
    if (definition.head === undefined) {
      return new MultiTaskModel(parameters, backbone, undefined, undefined, scale);
    }
    const { attach } = definition.head;
    const head = definition.head.plugin.create(definition.head.options, {
      channels: channelsAt(backbone, attach, plugin.name),
      classes,
      parameters: parameters.scope(HEAD_SCOPE),
    });
    return new MultiTaskModel(parameters, backbone, head, attach, scale);
  }

  /** @param lr [N, h, w, 3] in 0..1, any h and w */
  forward(lr: Tensor4D, pass: ForwardPass): ModelPrediction {
    const [batch, height, width] = lr.shape;
    let tapped: Tensor4D | undefined;
    const tapping: ForwardPass = {
      ...pass,
      tap: (name, features) => {
        pass.tap(name, features);
        if (name === this.attach) tapped = features;
      },
    };
    const padded = reflectToMultiple(lr, this.backbone.sizeMultiple);
    const features = this.backbone.extract(padded, tapping);
    const whole = this.backbone.reconstruct(features, tapping);
    const size: [number, number, number, number] = [
      batch,
      height * this.scale,
      width * this.scale,
      3,
    ];
    const sr = padded === lr ? whole : tf.slice(whole, [0, 0, 0, 0], size);
    assertShape(sr, size);
    if (this.head === undefined) return { sr, logits: undefined };
    const attached = this.attach === undefined ? features : tapped;
    if (attached === undefined) {
      throw new MmsrError('E_BACKBONE', `the backbone never offered its tap "${this.attach}"`);
    }
    return { sr, logits: this.head.logits(attached, pass) };
  }
}

function channelsAt(backbone: Backbone, attach: string | undefined, name: string): number {
  if (attach === undefined) return backbone.featureChannels;
  const channels = backbone.taps?.[attach];
  if (channels === undefined) {
    const known = Object.keys(backbone.taps ?? {});
    throw new MmsrError('E_BACKBONE', `the backbone ${name} has no tap "${attach}"`, {
      where: 'model.head.attach',
      advice: known.length === 0 ? 'It has no taps.' : `It has ${known.join(', ')}.`,
    });
  }
  return channels;
}

function assertShape(sr: Tensor4D, expected: readonly number[]): void {
  if (sr.shape.every((side, axis) => side === expected[axis])) return;
  throw new MmsrError(
    'E_BACKBONE',
    `the backbone made [${sr.shape.join(', ')}] where [${expected.join(', ')}] was due`,
    { advice: 'reconstruct must return RGB images of scale times the size of the LR images.' },
  );
}

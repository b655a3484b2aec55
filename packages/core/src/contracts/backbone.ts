import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterScope } from '../model/parameter-scope.js';
import type { ForwardPass } from './forward-pass.js';
import type { PluginBase } from './plugin.js';

/** A super-resolution network in two halves, so that a head can read the features between them. */
export interface Backbone {
  /** Channels of what `extract` returns. */
  readonly featureChannels: number;
  /** Height and width given to `extract` are multiples of this; smaller images are reflected to it. */
  readonly sizeMultiple: number;
  /** Further places where a head may attach (`attach: NAME`): their names and channels. */
  readonly taps?: Readonly<Record<string, number>>;
  /**
   * @param lr low-resolution images [N, h, w, 3], RGB in 0..1
   * @returns the features [N, h', w', featureChannels] that the reconstruction and the head share
   */
  extract(lr: Tensor4D, pass: ForwardPass): Tensor4D;
  /**
   * @param features what `extract` returned
   * @returns super-resolved images [N, h * scale, w * scale, 3], RGB in 0..1, not clipped
   */
  reconstruct(features: Tensor4D, pass: ForwardPass): Tensor4D;
}

export interface BackboneContext {
  /** 2, 3, 4 or 8. */
  readonly scale: number;
  /** Where the backbone declares its parameters, named as in the published state_dict. */
  readonly parameters: ParameterScope;
}

export interface BackbonePlugin extends PluginBase<'backbone'> {
  create(config: object, context: BackboneContext): Backbone;
}

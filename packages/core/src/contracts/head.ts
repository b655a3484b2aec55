import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterScope } from '../model/parameter-scope.js';
import type { ForwardPass } from './forward-pass.js';
import type { PluginBase } from './plugin.js';

/** The branch that classifies the magnification from the backbone's features. */
export interface Head {
  /**
   * @param features [N, h, w, channels]
   * @returns unnormalised class scores [N, classes]; class k is the k-th magnification of the experiment
   */
  logits(features: Tensor4D, pass: ForwardPass): Tensor2D;
}

export interface HeadContext {
  /** Channels of the features it is attached to. */
  readonly channels: number;
  /** Number of magnifications trained on. */
  readonly classes: number;
  readonly parameters: ParameterScope;
}

export interface HeadPlugin extends PluginBase<'head'> {
  create(config: object, context: HeadContext): Head;
}

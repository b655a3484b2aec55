import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { PluginBase } from './plugin.js';

export type Task = 'superResolution' | 'magnification';

/** (sr, hr) [N, H, W, 3] in 0..1 to a scalar. */
export type SuperResolutionLoss = (sr: Tensor4D, hr: Tensor4D) => Scalar;
/** (logits [N, classes], class indices [N] int32) to a scalar. */
export type MagnificationLoss = (logits: Tensor2D, magnification: Tensor1D) => Scalar;

export interface LossContext {
  /** Number of magnifications trained on. */
  readonly classes: number;
}

export interface LossPlugin extends PluginBase<'loss'> {
  /** Which half of the objective the loss serves. */
  readonly task: Task;
  create(config: object, context: LossContext): (prediction: Tensor, target: Tensor) => Scalar;
}

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/** What one evaluation of the network may ask of its surroundings. */
export interface ForwardPass {
  /** True in a training step; dropout and drop path act only then. */
  readonly training: boolean;
  /**
   * Uniform numbers in [0, 1), a pure function of (seed, purpose, step). They are an input of the
   * step, not a constant, so that a compiled step draws new ones each time. Names must be unique
   * within a step: use the parameter scope's path.
   */
  uniform(purpose: string, shape: number[]): Tensor;
  /** Offers features as a place where a head may attach; costs nothing when none does. */
  tap(name: string, features: Tensor4D): void;
}

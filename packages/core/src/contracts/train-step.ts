import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterScope } from '../model/parameter-scope.js';
import type { ForwardPass } from './forward-pass.js';

/** Patches of one batch; sample n has the class index magnification[n]. */
export interface Batch {
  readonly count: number;
  /** [count, lrPx, lrPx, 3] in 0..1 */
  readonly lr: Float32Array;
  /** [count, hrPx, hrPx, 3] in 0..1 */
  readonly hr: Float32Array;
  readonly magnification: Int32Array;
  readonly lrPx: number;
  readonly hrPx: number;
}

export interface BatchTensors {
  readonly lr: Tensor4D;
  readonly hr: Tensor4D;
  readonly magnification: Tensor1D;
}

/** Adam's constants; with `decoupledWeightDecay` it is AdamW (Loshchilov and Hutter 2019). */
export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  /** Added to sqrt(v / (1 - beta2^t)), as PyTorch does. */
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly decoupledWeightDecay: boolean;
}

/** Named numbers about a batch, in plain tfjs code; parameters have their current values. */
export type Diagnosis = (batch: BatchTensors, pass: ForwardPass) => Record<string, Scalar>;

/** How to get the loss from parameters and batch, in plain tfjs code, and how to descend it. */
export interface TrainStepDefinition {
  readonly parameters: ParameterScope;
  /** The scalar to minimise and the named parts it is made of, in the order they are reported. */
  loss(batch: BatchTensors, pass: ForwardPass): { total: Scalar; terms: Record<string, Scalar> };
  readonly optimizer: OptimizerSettings;
  /** The learning rate of a step, counted from 1. */
  learningRate(step: number): number;
  /** Largest global norm of the gradient; null: not clipped. */
  readonly clipNorm: number | null;
  /** Decay of the exponential moving average of the weights, warmed up as min(ema, (1 + t) / (10 + t)). */
  readonly ema: number | null;
  readonly seed: number;
  /** What `diagnose` measures; without it nothing is, and nothing is spent on it. */
  readonly diagnosis?: Diagnosis | undefined;
}

export interface StepReport {
  /** Mean over the accumulated batches. */
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  /** Global norm before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** Arrays by parameter name, in tfjs layout. */
export type NamedArrays = ReadonlyMap<string, Float32Array>;

export interface StepState {
  /** Updates done. */
  readonly step: number;
  readonly parameters: NamedArrays;
  /** Adam's moments, of the trainable parameters. */
  readonly firstMoment: NamedArrays;
  readonly secondMoment: NamedArrays;
  /** Absent when no average is kept. */
  readonly average?: NamedArrays;
}

/** Owns parameters, optimizer state and EMA. */
export interface TrainStep {
  /** One update from one batch, or from several whose gradients are averaged (accumulation). */
  run(batches: readonly Batch[]): Promise<StepReport>;
  /** Measures `diagnosis` on the first batch of the step that comes; changes nothing. */
  diagnose(batches: readonly Batch[]): Promise<Readonly<Record<string, number>>>;
  /** A copy of the whole state. */
  exportState(): Promise<StepState>;
  /** Replaces the whole state; a missing, unknown or misshapen array is an error. */
  importState(state: StepState): Promise<void>;
  dispose(): void;
}

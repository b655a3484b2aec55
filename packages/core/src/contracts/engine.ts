import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ParameterScope } from '../model/parameter-scope.js';
import type { TrainStep, TrainStepDefinition } from './train-step.js';
import type { ForwardPass } from './forward-pass.js';
import type { PluginBase } from './plugin.js';

/** What computes, for the manifest and for `mmsr-run engine`. */
export interface DeviceDescription {
  readonly engine: string;
  readonly version: string;
  /** `cpu` or the name of the accelerator. */
  readonly device: string;
  readonly threads: number;
}

export interface Prediction {
  /** [N, H, W, 3], not clipped. */
  readonly sr: Float32Array;
  /** [N, classes], absent without a head. */
  readonly logits?: Float32Array;
}

export interface InferenceDefinition {
  readonly parameters: ParameterScope;
  forward(lr: Tensor4D, pass: ForwardPass): { sr: Tensor4D; logits: Tensor2D | undefined };
}

/** The network ready to predict; parameters have the values that were loaded last. */
export interface Inference {
  /** Takes parameter values by name; a missing, unknown or misshapen one is an error. */
  load(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  /** @param lr [N, h, w, 3] in 0..1, any h and w */
  predict(lr: Float32Array, shape: readonly [number, number, number, 3]): Promise<Prediction>;
  dispose(): void;
}

/** Runs definitions written in plain tfjs code; how is its own business. */
export interface Engine {
  /** Makes the engine tfjs's current backend. Call before any other method. */
  start(): Promise<DeviceDescription>;
  trainStep(definition: TrainStepDefinition): Promise<TrainStep>;
  inference(definition: InferenceDefinition): Promise<Inference>;
  stop(): Promise<void>;
}

export type Availability =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string };

export interface EnginePlugin extends PluginBase<'engine'> {
  /** Whether it can run here, without starting it; the reason says what to install. */
  availability(): Promise<Availability>;
  /** `auto` takes the available engine of the highest rank. */
  readonly rank: number;
  create(config: object): Engine;
}

import type { tf } from '@mmsr/core';
import type { Runtime, TensorInfo } from './runtime.js';

export interface KernelCall {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: tf.NamedAttrMap;
}

/** What tfjs calls to do one operation. */
export type Kernel = (call: KernelCall) => TensorInfo | TensorInfo[];

/** Makes a kernel; `other` is tfjs's, on its wasm backend or else its cpu backend. */
export type KernelFactory = (runtime: Runtime, other: Kernel) => Kernel;

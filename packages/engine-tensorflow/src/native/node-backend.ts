import type { tf } from '@mmsr/core';
import type { Binding, BindingAttribute, TensorId } from './binding.js';

/** tfjs-node's backend: everything that it computes passes through `binding`, which can be exchanged. */
export interface NodeBackend extends tf.KernelBackend {
  binding: Binding;
  /** Uploads what is not with TensorFlow yet. */
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): TensorId[];
  executeSingleOutput(
    name: string,
    attributes: readonly BindingAttribute[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
}

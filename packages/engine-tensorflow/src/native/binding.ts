/** A tensor that TensorFlow holds, by number. */
export type TensorId = number;

/** An attribute as tfjs-node's kernels give it. */
export interface BindingAttribute {
  readonly name: string;
  /** One of the binding's TF_ATTR_ numbers. */
  readonly type: number;
  readonly value: unknown;
}

export interface TensorMetadata {
  readonly id: TensorId;
  readonly shape: number[];
  readonly dtype: number;
}

export type TensorValues = Float32Array | Int32Array | Uint8Array;

/** What is used of tfjs_binding.node of @tensorflow/tfjs-node 4.22, a thin layer on TensorFlow's C API. */
export interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  /** The version of the native library, such as 2.21.0. */
  readonly TF_Version: string;
  createTensor(shape: readonly number[], dtype: number, values: TensorValues): TensorId;
  deleteTensor(id: TensorId): void;
  tensorDataSync(id: TensorId): TensorValues;
  executeOp(
    name: string,
    attributes: readonly BindingAttribute[],
    inputs: readonly TensorId[],
    outputs: number,
  ): TensorMetadata[];
  isUsingGpuDevice(): boolean;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** @param inputs and outputs are names such as `x:0`, joined by commas */
  runSavedModel(
    id: number,
    tensors: readonly TensorId[],
    inputs: string,
    outputs: string,
  ): TensorMetadata[];
}

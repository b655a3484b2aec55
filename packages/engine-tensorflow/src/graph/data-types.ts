/** TensorFlow's DataType enum, as far as it is used (tensorflow/core/framework/types.proto). */
export const FLOAT = 1;
export const INT32 = 3;
export const INT64 = 9;
export const BOOL = 10;
export const BFLOAT16 = 14;
export const RESOURCE = 20;

export type DataType =
  typeof FLOAT | typeof INT32 | typeof INT64 | typeof BOOL | typeof BFLOAT16 | typeof RESOURCE;

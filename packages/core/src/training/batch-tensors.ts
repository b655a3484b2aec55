import * as tf from '../tf.js';
import type { Batch, BatchTensors } from '../contracts/train-step.js';

/** The batch on the current backend; the tensors are the caller's to dispose of. */
export function batchTensors({ count, lrPx, hrPx, lr, hr, magnification }: Batch): BatchTensors {
  return {
    lr: tf.tensor4d(lr, [count, lrPx, lrPx, 3]),
    hr: tf.tensor4d(hr, [count, hrPx, hrPx, 3]),
    magnification: tf.tensor1d(magnification, 'int32'),
  };
}

import { tf } from '@mmsr/core';
import { multiplyMatrices } from './matrix-product.js';
import type { KernelFactory } from './kernel.js';
import type { TensorInfo } from './runtime.js';

/** matMul of any rank, either factor transposed; batches that broadcast otherwise than 1 to n go to tfjs. */
export const batchMatMul: KernelFactory = (runtime, other) => (call) => {
  const { a, b } = call.inputs as unknown as { a: TensorInfo; b: TensorInfo };
  const { transposeA, transposeB } = call.attrs as unknown as {
    transposeA: boolean;
    transposeB: boolean;
  };
  const [aBatch, aRows, aColumns] = split(a.shape, transposeA);
  const [bBatch, bRows, bColumns] = split(b.shape, transposeB);
  const aMatrices = tf.util.sizeFromShape(aBatch);
  const bMatrices = tf.util.sizeFromShape(bBatch);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const matrices = tf.util.sizeFromShape(batch);
  const known = [1, matrices];
  const floats = a.dtype === 'float32' && b.dtype === 'float32';
  if (!floats || aColumns !== bRows || !known.includes(aMatrices) || !known.includes(bMatrices)) {
    return other(call);
  }
  return multiplyMatrices(runtime, a, b, [...batch, aRows, bColumns], {
    ...{ aMatrices, bMatrices, rows: aRows, depth: aColumns, columns: bColumns },
    ...{ aTransposed: transposeA, bTransposed: transposeB },
  });
};

/** The batch axes, then rows and columns of the matrices as they are multiplied. */
function split(shape: readonly number[], transposed: boolean): [number[], number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return [shape.slice(0, -2), ...(transposed ? [columns, rows] : [rows, columns])] as [
    number[],
    number,
    number,
  ];
}

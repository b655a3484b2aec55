import { tf } from '@mmsr/core';
import type { KernelFactory } from './kernel.js';
import type { TensorInfo } from './runtime.js';

/** output[segmentIds[i]] += x[i], the gradient of gather; rows of a negative id are dropped. */
export const unsortedSegmentSum: KernelFactory = (runtime, other) => (call) => {
  const { x, segmentIds } = call.inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = call.attrs as unknown as { numSegments: number };
  if (x.dtype !== 'float32' || segmentIds.shape.length !== 1) return other(call);
  const rowShape = x.shape.slice(1);
  const row = tf.util.sizeFromShape(rowShape);
  const output = runtime.filled([numSegments, ...rowShape], 0);
  const sums = runtime.backend.typedArrayFromHeap(output);
  const values = runtime.backend.typedArrayFromHeap(x);
  const ids = runtime.backend.typedArrayFromHeap(segmentIds);
  for (let i = 0; i < ids.length; i++) {
    const segment = ids[i] as number;
    if (segment < 0 || segment >= numSegments) continue;
    const target = segment * row;
    for (let k = 0; k < row; k++) {
      sums[target + k] = (sums[target + k] as number) + (values[i * row + k] as number);
    }
  }
  return output;
};

import * as tf from '../tf.js';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Extends images at the right and bottom to a multiple of `multiple` pixels, mirrored without repeating
 * the edge, as SwinIR does. Images smaller than the extension are mirrored back and forth.
 * @param x [N, H, W, C]
 */
export function reflectToMultiple(x: Tensor4D, multiple: number): Tensor4D {
  const [, height, width] = x.shape;
  const rows = reflected(height, Math.ceil(height / multiple) * multiple);
  const columns = reflected(width, Math.ceil(width / multiple) * multiple);
  let y = x;
  if (rows.length > height) y = tf.gather(y, tf.tensor1d(rows, 'int32'), 1);
  if (columns.length > width) y = tf.gather(y, tf.tensor1d(columns, 'int32'), 2);
  return y;
}

/** Indices 0, 1, ..., n-1, n-2, ..., 1, 0, 1, ... */
function reflected(size: number, extended: number): number[] {
  const period = Math.max(1, 2 * (size - 1));
  return Array.from({ length: extended }, (_, i) => {
    const phase = i % period;
    return phase < size ? phase : period - phase;
  });
}

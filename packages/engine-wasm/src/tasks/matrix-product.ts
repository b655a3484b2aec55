import { EDGE_BYTES, PANEL_ROWS } from '../simd/multiply.js';
import { packedBytes } from './packing.js';
import { defineTask } from './task.js';

const FLOAT = 4;
const PANEL_STRIDE = PANEL_ROWS * FLOAT;

/** Memory of a thread's own in `multiplyRows`. */
export function productScratchBytes(blockDepth: number, chunk: number): number {
  return EDGE_BYTES + Math.ceil(chunk / PANEL_ROWS) * blockDepth * PANEL_STRIDE;
}

/**
 * c[m] = a[m] b[m] for matrices m; b is packed in blocks of `blockDepth`. One piece is `chunk` rows of
 * one product. aMatrices and bMatrices are the number of matrices, or 1 when all share one.
 */
export const multiplyRows = defineTask(
  [
    ...(['a', 'b', 'c', 'scratch', 'scratchBytes', 'rows', 'depth', 'columns'] as const),
    ...(['transposed', 'aMatrices', 'bMatrices', 'blockDepth', 'chunk'] as const),
  ],
  (simd, p, thread) => {
    const chunks = Math.ceil(p.rows / p.chunk);
    const edge = p.scratch + thread * p.scratchBytes;
    const packed = edge + EDGE_BYTES;
    const pack = p.transposed === 1 ? simd.packColumns : simd.packRows;
    const rowBytes = (p.transposed === 1 ? p.rows : p.depth) * FLOAT;
    const [rowStep, depthStep] = p.transposed === 1 ? [FLOAT, rowBytes] : [rowBytes, FLOAT];
    return (index) => {
      const matrix = Math.floor(index / chunks);
      const row = (index % chunks) * p.chunk;
      const rows = Math.min(p.chunk, p.rows - row);
      const a = p.a + (matrix % p.aMatrices) * p.rows * p.depth * FLOAT + row * rowStep;
      const b = p.b + (matrix % p.bMatrices) * packedBytes(p.depth, p.columns);
      const c = p.c + (matrix * p.rows + row) * p.columns * FLOAT;
      for (let first = 0; first < p.depth; first += p.blockDepth) {
        const depth = Math.min(p.blockDepth, p.depth - first);
        for (let panel = 0; panel < rows; panel += PANEL_ROWS) {
          const from = a + panel * rowStep + first * depthStep;
          const to = packed + panel * depth * FLOAT;
          pack(from, rowBytes, Math.min(PANEL_ROWS, rows - panel), depth, to, PANEL_STRIDE);
        }
        const right = b + packedBytes(first, p.columns);
        const add = first === 0 ? 0 : 1;
        simd.multiply(packed, right, c, depth, rows, p.columns, p.columns * FLOAT, add, edge);
      }
    };
  },
);

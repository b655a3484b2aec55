import { defineTask } from './task.js';

const FLOAT = 4;

/**
 * Sums the rows of matrices [rows][columns] in blocks of `blockRows`, which do not depend on the number
 * of threads: target[matrix][block][column]. One piece is one block.
 */
export const sumBlocks = defineTask(
  ['source', 'target', 'rows', 'columns', 'blockRows'],
  (simd, p) => {
    const blocks = Math.ceil(p.rows / p.blockRows);
    const rowBytes = p.columns * FLOAT;
    return (index) => {
      const first = (index % blocks) * p.blockRows;
      const matrix = Math.floor(index / blocks);
      const rows = Math.min(p.blockRows, p.rows - first);
      const source = p.source + (matrix * p.rows + first) * rowBytes;
      simd.addRows(source, rowBytes, rows, p.columns, p.target + index * rowBytes);
    };
  },
);

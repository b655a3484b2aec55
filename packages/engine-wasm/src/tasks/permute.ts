import { PANEL_ROWS } from '../simd/multiply.js';
import { defineTask } from './task.js';

const FLOAT = 4;

/**
 * Permutes axes: copies planes of `rows` by `columns` values to where they belong. Four further axes say
 * where the planes lie: their sizes and their strides in source and target, in floats. With `turned` the
 * rows become neighbours in the target: target[column * targetStride + row]; otherwise columns stay
 * neighbours. One piece is `rowsPerPiece` rows of a plane, or `planesPerPiece` planes.
 */
export const permute = defineTask(
  [
    ...(['source', 'target', 'rows', 'columns', 'sourceStride', 'targetStride', 'turned'] as const),
    ...(['rowsPerPiece', 'planesPerPiece', 'planes'] as const),
    ...(['size1', 'size2', 'size3'] as const),
    ...(['source0', 'source1', 'source2', 'source3'] as const),
    ...(['target0', 'target1', 'target2', 'target3'] as const),
  ],
  (simd, p) => {
    const piecesPerPlane = Math.ceil(p.rows / p.rowsPerPiece);
    const copyPlane = (plane: number, firstRow: number) => {
      const i3 = plane % p.size3;
      const rest2 = Math.floor(plane / p.size3);
      const i2 = rest2 % p.size2;
      const rest1 = Math.floor(rest2 / p.size2);
      const i1 = rest1 % p.size1;
      const i0 = Math.floor(rest1 / p.size1);
      const from = i0 * p.source0 + i1 * p.source1 + i2 * p.source2 + i3 * p.source3;
      const to = i0 * p.target0 + i1 * p.target1 + i2 * p.target2 + i3 * p.target3;
      const rows = Math.min(p.rowsPerPiece, p.rows - firstRow);
      const source = p.source + (from + firstRow * p.sourceStride) * FLOAT;
      const [sourceBytes, targetBytes] = [p.sourceStride * FLOAT, p.targetStride * FLOAT];
      if (p.turned === 0) {
        const target = p.target + (to + firstRow * p.targetStride) * FLOAT;
        simd.copyRuns(source, sourceBytes, p.columns, rows, target, targetBytes);
        return;
      }
      for (let row = 0; row < rows; row += PANEL_ROWS) {
        const target = p.target + (to + firstRow + row) * FLOAT;
        const four = Math.min(PANEL_ROWS, rows - row);
        simd.packRows(
          source + row * sourceBytes,
          sourceBytes,
          four,
          p.columns,
          target,
          targetBytes,
        );
      }
    };
    return (index) => {
      const firstRow = (index % piecesPerPlane) * p.rowsPerPiece;
      const first = Math.floor(index / piecesPerPlane) * p.planesPerPiece;
      const end = Math.min(p.planes, first + p.planesPerPiece);
      for (let plane = first; plane < end; plane++) copyPlane(plane, firstRow);
    };
  },
);

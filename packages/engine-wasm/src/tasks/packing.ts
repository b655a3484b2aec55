import { PANEL_COLUMNS } from '../simd/multiply.js';
import type { Simd } from '../simd/program.js';
import { defineTask } from './task.js';

const FLOAT = 4;
const HALF_PANEL = PANEL_COLUMNS / 2;
const PANEL_STRIDE = PANEL_COLUMNS * FLOAT;

/** Bytes of a packed right factor. */
export function packedBytes(depth: number, columns: number): number {
  return Math.ceil(columns / PANEL_COLUMNS) * depth * PANEL_STRIDE;
}

/*
 * The right factor B [depth][columns] of a product is cut into blocks of `blockDepth` rows, the last
 * one shorter, and each block into panels [depth of the block][8], which lie one after the other. What
 * lies beyond the last column is never stored in the product, so it is left as it is.
 */

/** Packs matrices: one piece is one panel of one block of one matrix. */
export const packMatrix = defineTask(
  ['source', 'target', 'depth', 'columns', 'blockDepth', 'transposed'],
  (simd, { source, target, depth, columns, blockDepth, transposed }) => {
    const panels = Math.ceil(columns / PANEL_COLUMNS);
    const blocks = Math.ceil(depth / blockDepth);
    return (index) => {
      const panel = index % panels;
      const block = Math.floor(index / panels) % blocks;
      const matrix = Math.floor(index / (panels * blocks));
      const first = block * blockDepth;
      const height = Math.min(blockDepth, depth - first);
      const column = panel * PANEL_COLUMNS;
      const from = source + matrix * depth * columns * FLOAT;
      const to =
        target +
        matrix * packedBytes(depth, columns) +
        packedBytes(first, columns) +
        panel * height * PANEL_STRIDE;
      const width = Math.min(PANEL_COLUMNS, columns - column);
      if (transposed === 1) {
        packColumnsOfTransposed(
          simd,
          from + (column * depth + first) * FLOAT,
          depth,
          width,
          height,
          to,
        );
      } else {
        packColumnsOf(simd, from + (first * columns + column) * FLOAT, columns, width, height, to);
      }
    };
  },
);

/**
 * Packs a filter [kh][kw][inChannels][outChannels] turned by 180 degrees as the matrix
 * [kh * kw * outChannels][inChannels]: what convolves the output's gradient to the input's. One piece
 * is one panel of one block of `rowsPerBlock` filter rows.
 */
export const packRotatedFilter = defineTask(
  ['source', 'target', 'filterHeight', 'filterWidth', 'inChannels', 'outChannels', 'rowsPerBlock'],
  (simd, p) => {
    const panels = Math.ceil(p.inChannels / PANEL_COLUMNS);
    const rowDepth = p.filterWidth * p.outChannels;
    const tapBytes = p.inChannels * p.outChannels * FLOAT;
    const lastTap = p.filterHeight * p.filterWidth - 1;
    return (index) => {
      const panel = index % panels;
      const firstRow = Math.floor(index / panels) * p.rowsPerBlock;
      const rows = Math.min(p.rowsPerBlock, p.filterHeight - firstRow);
      const column = panel * PANEL_COLUMNS;
      const width = Math.min(PANEL_COLUMNS, p.inChannels - column);
      const blockTarget = p.target + packedBytes(firstRow * rowDepth, p.inChannels);
      const panelTarget = blockTarget + panel * rows * rowDepth * PANEL_STRIDE;
      for (let tap = 0; tap < rows * p.filterWidth; tap++) {
        const turned = lastTap - (firstRow * p.filterWidth + tap);
        const from = p.source + turned * tapBytes + column * p.outChannels * FLOAT;
        const to = panelTarget + tap * p.outChannels * PANEL_STRIDE;
        packColumnsOfTransposed(simd, from, p.outChannels, width, p.outChannels, to);
      }
    };
  },
);

/** A panel from a matrix whose rows are `rowLength` floats long. */
function packColumnsOf(
  simd: Simd,
  source: number,
  rowLength: number,
  width: number,
  height: number,
  target: number,
): void {
  const stride = rowLength * FLOAT;
  for (let column = 0; column < width; column += HALF_PANEL) {
    const columns = Math.min(HALF_PANEL, width - column);
    const offset = column * FLOAT;
    simd.packColumns(source + offset, stride, columns, height, target + offset, PANEL_STRIDE);
  }
}

/** A panel from a matrix stored transposed, with rows of `rowLength` floats. */
function packColumnsOfTransposed(
  simd: Simd,
  source: number,
  rowLength: number,
  width: number,
  height: number,
  target: number,
): void {
  const stride = rowLength * FLOAT;
  for (let column = 0; column < width; column += HALF_PANEL) {
    const columns = Math.min(HALF_PANEL, width - column);
    const from = source + column * stride;
    simd.packRows(from, stride, columns, height, target + column * FLOAT, PANEL_STRIDE);
  }
}

import { EDGE_BYTES, PANEL_ROWS } from '../simd/multiply.js';
import { packedBytes } from './packing.js';
import { defineTask } from './task.js';

const FLOAT = 4;
const PANEL_STRIDE = PANEL_ROWS * FLOAT;

/*
 * A convolution is a product of matrices: rows are output pixels, depth is filter rows by the
 * contiguous run of filterWidth * inChannels floats that a filter row meets, columns are output
 * channels. Only the panels at work are gathered from the image, never the whole matrix (im2col).
 */

/** Copies images [height][width] of pixels into a larger frame of zeros; one piece is one frame row. */
export const padRows = defineTask(
  ['source', 'target', 'height', 'rowBytes', 'frameHeight', 'frameRowBytes', 'top', 'leftBytes'],
  (simd, p) => {
    // A frame may end before the image does, where a stride leaves the last rows or columns out.
    const copied = Math.min(p.rowBytes, p.frameRowBytes - p.leftBytes);
    const right = p.frameRowBytes - p.leftBytes - copied;
    return (index) => {
      const image = Math.floor(index / p.frameHeight);
      const row = (index % p.frameHeight) - p.top;
      const target = p.target + index * p.frameRowBytes;
      if (row < 0 || row >= p.height) {
        simd.zero(target, p.frameRowBytes);
        return;
      }
      simd.zero(target, p.leftBytes);
      simd.copy(target + p.leftBytes, p.source + (image * p.height + row) * p.rowBytes, copied);
      simd.zero(target + p.leftBytes + copied, right);
    };
  },
);

/** Memory of a thread's own in `convolveRows`. */
export function convolveScratchBytes(depth: number, chunk: number): number {
  return EDGE_BYTES + Math.ceil(chunk / PANEL_ROWS) * depth * PANEL_STRIDE;
}

/**
 * y = x * packed filter; one piece is `chunk` pixels of an output row.
 * Strides: imageBytes and rowBytes of x, stepBytes and stepRowBytes from one output pixel or row to the
 * next. run: filterWidth * inChannels. rowsPerBlock: filter rows of a block of the packed filter.
 */
export const convolveRows = defineTask(
  [
    ...(['x', 'filter', 'y', 'scratch', 'scratchBytes', 'imageBytes', 'rowBytes'] as const),
    ...(['stepBytes', 'stepRowBytes', 'outHeight', 'outWidth', 'outChannels'] as const),
    ...(['filterHeight', 'run', 'rowsPerBlock', 'chunk'] as const),
  ],
  (simd, p, thread) => {
    const chunks = Math.ceil(p.outWidth / p.chunk);
    const edge = p.scratch + thread * p.scratchBytes;
    const panels = edge + EDGE_BYTES;
    return (index) => {
      const column = (index % chunks) * p.chunk;
      const row = Math.floor(index / chunks);
      const image = Math.floor(row / p.outHeight);
      const pixels = Math.min(p.chunk, p.outWidth - column);
      const origin =
        p.x + image * p.imageBytes + (row % p.outHeight) * p.stepRowBytes + column * p.stepBytes;
      const target = p.y + (row * p.outWidth + column) * p.outChannels * FLOAT;
      for (let first = 0; first < p.filterHeight; first += p.rowsPerBlock) {
        const rows = Math.min(p.rowsPerBlock, p.filterHeight - first);
        const depth = rows * p.run;
        for (let pixel = 0; pixel < pixels; pixel += PANEL_ROWS) {
          const count = Math.min(PANEL_ROWS, pixels - pixel);
          for (let i = 0; i < rows; i++) {
            const from = origin + pixel * p.stepBytes + (first + i) * p.rowBytes;
            const to = panels + (pixel * depth + i * p.run * PANEL_ROWS) * FLOAT;
            simd.packRows(from, p.stepBytes, count, p.run, to, PANEL_STRIDE);
          }
        }
        const filter = p.filter + packedBytes(first * p.run, p.outChannels);
        const stride = p.outChannels * FLOAT;
        const add = first === 0 ? 0 : 1;
        simd.multiply(panels, filter, target, depth, pixels, p.outChannels, stride, add, edge);
      }
    };
  },
);

/** Memory of a thread's own in `filterGradient`. */
export function filterGradientScratchBytes(blockPixels: number, panels: number): number {
  return EDGE_BYTES + panels * blockPixels * PANEL_STRIDE;
}

/**
 * dw = x^T dy: rows are the places of the filter, depth is all output pixels, columns are output
 * channels. dy is packed in blocks of `blockRows` output rows. One piece is `panels` panels of 4 places
 * in the run of one filter row.
 */
export const filterGradient = defineTask(
  [
    ...(['x', 'dy', 'dw', 'scratch', 'scratchBytes', 'imageBytes', 'rowBytes'] as const),
    ...(['stepBytes', 'stepRowBytes', 'images', 'outHeight', 'outWidth', 'outChannels'] as const),
    ...(['run', 'blockRows', 'panels'] as const),
  ],
  (simd, p, thread) => {
    const places = p.panels * PANEL_ROWS;
    const piecesPerRow = Math.ceil(p.run / places);
    const edge = p.scratch + thread * p.scratchBytes;
    const packed = edge + EDGE_BYTES;
    const totalRows = p.images * p.outHeight;
    return (index) => {
      const filterRow = Math.floor(index / piecesPerRow);
      const place = (index % piecesPerRow) * places;
      const height = Math.min(places, p.run - place);
      const origin = p.x + filterRow * p.rowBytes + place * FLOAT;
      const target = p.dw + (filterRow * p.run + place) * p.outChannels * FLOAT;
      for (let first = 0; first < totalRows; first += p.blockRows) {
        const rows = Math.min(p.blockRows, totalRows - first);
        const depth = rows * p.outWidth;
        for (let i = 0; i < rows; i++) {
          const image = Math.floor((first + i) / p.outHeight);
          const row = (first + i) % p.outHeight;
          const from = origin + image * p.imageBytes + row * p.stepRowBytes;
          for (let panel = 0; panel < height; panel += PANEL_ROWS) {
            const count = Math.min(PANEL_ROWS, height - panel);
            const to = packed + (panel * depth + i * p.outWidth * PANEL_ROWS) * FLOAT;
            const source = from + panel * FLOAT;
            simd.packColumns(source, p.stepBytes, count, p.outWidth, to, PANEL_STRIDE);
          }
        }
        const dy = p.dy + packedBytes(first * p.outWidth, p.outChannels);
        const stride = p.outChannels * FLOAT;
        const add = first === 0 ? 0 : 1;
        simd.multiply(packed, dy, target, depth, height, p.outChannels, stride, add, edge);
      }
    };
  },
);

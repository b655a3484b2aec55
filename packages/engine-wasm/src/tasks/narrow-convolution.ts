import { EDGE_BYTES, PANEL_COLUMNS, PANEL_ROWS } from '../simd/multiply.js';
import type { Simd } from '../simd/program.js';
import { packedBytes } from './packing.js';
import { defineTask } from './task.js';

const FLOAT = 4;
const HALF_PANEL = PANEL_COLUMNS / 2;
const PANEL_STRIDE = PANEL_COLUMNS * FLOAT;
const LEFT_STRIDE = PANEL_ROWS * FLOAT;

/*
 * With up to 4 output channels, as in the last layer of a super-resolution network, most of an 8 columns
 * wide panel would be empty: here the product is computed transposed, channels as rows, and turned when
 * it is stored.
 */

/** Output channels up to which the narrow tasks are faster. */
export const NARROW_CHANNELS = PANEL_ROWS;

/** Bytes of a matrix [depth][up to 4] packed as a left factor. */
export function packedLeftBytes(depth: number): number {
  return depth * LEFT_STRIDE;
}

/** Memory of a thread's own: a gathered block, the transposed product and an edge. */
export function narrowScratchBytes(depth: number, columns: number): number {
  return EDGE_BYTES + packedBytes(depth, columns) + PANEL_ROWS * columns * FLOAT;
}

/** Packs a matrix [depth][columns], columns up to 4; one piece is `blockDepth` rows. */
export const packNarrow = defineTask(
  ['source', 'target', 'depth', 'columns', 'blockDepth'],
  (simd, p) => (index) => {
    const first = index * p.blockDepth;
    const height = Math.min(p.blockDepth, p.depth - first);
    const from = p.source + first * p.columns * FLOAT;
    const to = p.target + first * LEFT_STRIDE;
    simd.packColumns(from, p.columns * FLOAT, p.columns, height, to, LEFT_STRIDE);
  },
);

/** `convolveRows` for up to 4 output channels. */
export const convolveNarrow = defineTask(
  [
    ...(['x', 'filter', 'y', 'scratch', 'scratchBytes', 'imageBytes', 'rowBytes'] as const),
    ...(['stepBytes', 'stepRowBytes', 'outHeight', 'outWidth', 'outChannels'] as const),
    ...(['filterHeight', 'run', 'rowsPerBlock', 'chunk'] as const),
  ],
  (simd, p, thread) => {
    const chunks = Math.ceil(p.outWidth / p.chunk);
    const edge = p.scratch + thread * p.scratchBytes;
    const product = edge + EDGE_BYTES;
    const panels = product + PANEL_ROWS * p.chunk * FLOAT;
    const stride = p.chunk * FLOAT;
    return (index) => {
      const column = (index % chunks) * p.chunk;
      const row = Math.floor(index / chunks);
      const pixels = Math.min(p.chunk, p.outWidth - column);
      const image = p.x + Math.floor(row / p.outHeight) * p.imageBytes;
      const origin = image + (row % p.outHeight) * p.stepRowBytes + column * p.stepBytes;
      for (let first = 0; first < p.filterHeight; first += p.rowsPerBlock) {
        const rows = Math.min(p.rowsPerBlock, p.filterHeight - first);
        const depth = rows * p.run;
        for (let i = 0; i < rows; i++) {
          const from = origin + (first + i) * p.rowBytes;
          const to = panels + i * p.run * PANEL_STRIDE;
          gatherPixels(simd, from, p.stepBytes, pixels, p.run, to, depth * PANEL_STRIDE);
        }
        const filter = p.filter + packedLeftBytes(first * p.run);
        const add = first === 0 ? 0 : 1;
        simd.multiply(filter, panels, product, depth, p.outChannels, pixels, stride, add, edge);
      }
      const y = p.y + (row * p.outWidth + column) * p.outChannels * FLOAT;
      simd.packRows(product, stride, p.outChannels, pixels, y, p.outChannels * FLOAT);
    };
  },
);

/** Panels [run][8 pixels], `panelBytes` apart. */
function gatherPixels(
  simd: Simd,
  from: number,
  stepBytes: number,
  pixels: number,
  run: number,
  to: number,
  panelBytes: number,
): void {
  for (let pixel = 0; pixel < pixels; pixel += HALF_PANEL) {
    const count = Math.min(HALF_PANEL, pixels - pixel);
    const panel = to + Math.floor(pixel / PANEL_COLUMNS) * panelBytes;
    const target = panel + (pixel % PANEL_COLUMNS) * FLOAT;
    simd.packRows(from + pixel * stepBytes, stepBytes, count, run, target, PANEL_STRIDE);
  }
}

/** `filterGradient` for up to 4 output channels; one piece is `places` places in a filter row's run. */
export const filterGradientNarrow = defineTask(
  [
    ...(['x', 'dy', 'dw', 'scratch', 'scratchBytes', 'imageBytes', 'rowBytes'] as const),
    ...(['stepBytes', 'stepRowBytes', 'images', 'outHeight', 'outWidth', 'outChannels'] as const),
    ...(['run', 'blockRows', 'places'] as const),
  ],
  (simd, p, thread) => {
    const piecesPerRow = Math.ceil(p.run / p.places);
    const edge = p.scratch + thread * p.scratchBytes;
    const product = edge + EDGE_BYTES;
    const panels = product + PANEL_ROWS * p.places * FLOAT;
    const stride = p.places * FLOAT;
    const totalRows = p.images * p.outHeight;
    return (index) => {
      const filterRow = Math.floor(index / piecesPerRow);
      const place = (index % piecesPerRow) * p.places;
      const width = Math.min(p.places, p.run - place);
      const origin = p.x + filterRow * p.rowBytes + place * FLOAT;
      for (let first = 0; first < totalRows; first += p.blockRows) {
        const rows = Math.min(p.blockRows, totalRows - first);
        const depth = rows * p.outWidth;
        for (let i = 0; i < rows; i++) {
          const image = Math.floor((first + i) / p.outHeight);
          const row = (first + i) % p.outHeight;
          const from = origin + image * p.imageBytes + row * p.stepRowBytes;
          const to = panels + i * p.outWidth * PANEL_STRIDE;
          gatherPlaces(simd, from, p.stepBytes, width, p.outWidth, to, depth * PANEL_STRIDE);
        }
        const dy = p.dy + packedLeftBytes(first * p.outWidth);
        const add = first === 0 ? 0 : 1;
        simd.multiply(dy, panels, product, depth, p.outChannels, width, stride, add, edge);
      }
      const target = p.dw + (filterRow * p.run + place) * p.outChannels * FLOAT;
      simd.packRows(product, stride, p.outChannels, width, target, p.outChannels * FLOAT);
    };
  },
);

/** Panels [pixels][8 places], `panelBytes` apart. */
function gatherPlaces(
  simd: Simd,
  from: number,
  stepBytes: number,
  places: number,
  pixels: number,
  to: number,
  panelBytes: number,
): void {
  for (let place = 0; place < places; place += HALF_PANEL) {
    const count = Math.min(HALF_PANEL, places - place);
    const panel = to + Math.floor(place / PANEL_COLUMNS) * panelBytes;
    const target = panel + (place % PANEL_COLUMNS) * FLOAT;
    simd.packColumns(from + place * FLOAT, stepBytes, count, pixels, target, PANEL_STRIDE);
  }
}

import {
  convolveNarrow,
  filterGradientNarrow,
  narrowScratchBytes,
  packedLeftBytes,
  packNarrow,
} from '../tasks/narrow-convolution.js';
import {
  filterRowsPerBlock,
  frameSize,
  imageRowsPerBlock,
  placesOf,
  type ConvolutionShape,
} from './convolution-shape.js';
import { withFrame } from './image-frame.js';
import type { Runtime, TensorInfo } from './runtime.js';

const CHUNK_PIXELS = 64;
const CHUNK_PLACES = 64;
const PACKED_ROWS = 4096;

/** Lends `use` a matrix [depth][up to 4] packed as a left factor. */
function withPackedLeft(
  runtime: Runtime,
  matrix: TensorInfo,
  depth: number,
  columns: number,
  use: (packed: number) => void,
): void {
  runtime.borrow(packedLeftBytes(depth), (target) => {
    const source = runtime.address(matrix);
    const pieces = Math.ceil(depth / PACKED_ROWS);
    runtime.run(packNarrow, { source, target, depth, columns, blockDepth: PACKED_ROWS }, pieces);
    use(target);
  });
}

/** A convolution to at most 4 channels. */
export function convolveToFew(
  runtime: Runtime,
  x: TensorInfo,
  filter: TensorInfo,
  shape: ConvolutionShape,
): TensorInfo {
  const { images, outHeight, outWidth, outChannels, filterHeight } = shape;
  const y = runtime.output([images, outHeight, outWidth, outChannels]);
  const run = shape.filterWidth * shape.inChannels;
  const rowsPerBlock = filterRowsPerBlock(filterHeight, run);
  const chunk = Math.min(CHUNK_PIXELS, outWidth);
  const scratchBytes = narrowScratchBytes(rowsPerBlock * run, chunk);
  withFrame(runtime, x, frameSize(shape), (frame) => {
    withPackedLeft(runtime, filter, filterHeight * run, outChannels, (packed) => {
      runtime.borrow(runtime.threads * scratchBytes, (scratch) => {
        runtime.run(
          convolveNarrow,
          {
            ...placesOf(frame, shape),
            ...{ filter: packed, y: runtime.address(y), scratch, scratchBytes },
            ...{ outHeight, outWidth, outChannels, filterHeight, run, rowsPerBlock, chunk },
          },
          images * outHeight * Math.ceil(outWidth / chunk),
        );
      });
    });
  });
  return y;
}

/** dw of a convolution to at most 4 channels. */
export function weightGradientOfFew(
  runtime: Runtime,
  x: TensorInfo,
  dy: TensorInfo,
  shape: ConvolutionShape,
): TensorInfo {
  const { images, outHeight, outWidth, outChannels, filterHeight, filterWidth } = shape;
  const dw = runtime.output([filterHeight, filterWidth, shape.inChannels, outChannels]);
  const run = filterWidth * shape.inChannels;
  const blockRows = imageRowsPerBlock(outWidth);
  const places = Math.min(CHUNK_PLACES, run);
  const scratchBytes = narrowScratchBytes(blockRows * outWidth, places);
  withFrame(runtime, x, frameSize(shape), (frame) => {
    withPackedLeft(runtime, dy, images * outHeight * outWidth, outChannels, (packed) => {
      runtime.borrow(runtime.threads * scratchBytes, (scratch) => {
        runtime.run(
          filterGradientNarrow,
          {
            ...placesOf(frame, shape),
            ...{ dy: packed, dw: runtime.address(dw), scratch, scratchBytes },
            ...{ images, outHeight, outWidth, outChannels, run, blockRows, places },
          },
          filterHeight * Math.ceil(run / places),
        );
      });
    });
  });
  return dw;
}

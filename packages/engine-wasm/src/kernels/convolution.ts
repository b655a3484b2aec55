import { PANEL_COLUMNS, PANEL_ROWS } from '../simd/multiply.js';
import {
  convolveRows,
  convolveScratchBytes,
  filterGradient,
  filterGradientScratchBytes,
} from '../tasks/convolution.js';
import { packedBytes, packMatrix, packRotatedFilter } from '../tasks/packing.js';
import { NARROW_CHANNELS } from '../tasks/narrow-convolution.js';
import {
  frameSize,
  imageRowsPerBlock,
  filterRowsPerBlock,
  placesOf,
  type ConvolutionShape,
} from './convolution-shape.js';
import { withFrame, type Frame } from './image-frame.js';
import { convolveToFew, weightGradientOfFew } from './narrow-convolution.js';
import type { Runtime, TensorInfo } from './runtime.js';

/** Output pixels whose panels are gathered at once. */
const CHUNK_PIXELS = 64;
/** Panels of filter places that a piece of the filter's gradient computes at most. */
const GRADIENT_PANELS = 8;

/** The convolution of x [N, H, W, inChannels] with filter [kh, kw, inChannels, outChannels]. */
export function convolve(
  runtime: Runtime,
  x: TensorInfo,
  filter: TensorInfo,
  shape: ConvolutionShape,
): TensorInfo {
  const { filterHeight, inChannels, outChannels } = shape;
  if (outChannels <= NARROW_CHANNELS) return convolveToFew(runtime, x, filter, shape);
  const run = shape.filterWidth * inChannels;
  const depth = filterHeight * run;
  const blockRows = filterRowsPerBlock(filterHeight, run);
  const panels = Math.ceil(outChannels / PANEL_COLUMNS);
  const blocks = Math.ceil(filterHeight / blockRows);
  return runtime.borrow(packedBytes(depth, outChannels), (packed) => {
    runtime.run(
      packMatrix,
      {
        source: runtime.address(filter),
        target: packed,
        depth,
        columns: outChannels,
        blockDepth: blockRows * run,
        transposed: 0,
      },
      panels * blocks,
    );
    return convolvePacked(runtime, x, packed, blockRows, shape);
  });
}

function convolvePacked(
  runtime: Runtime,
  x: TensorInfo,
  filter: number,
  blockRows: number,
  shape: ConvolutionShape,
): TensorInfo {
  const { images, outHeight, outWidth, outChannels, filterHeight, inChannels } = shape;
  const y = runtime.output([images, outHeight, outWidth, outChannels]);
  const run = shape.filterWidth * inChannels;
  const chunk = Math.min(CHUNK_PIXELS, outWidth);
  const scratchBytes = convolveScratchBytes(blockRows * run, chunk);
  withFrame(runtime, x, frameSize(shape), (frame) =>
    runtime.borrow(runtime.threads * scratchBytes, (scratch) => {
      runtime.run(
        convolveRows,
        {
          ...placesOf(frame, shape),
          ...{ filter, y: runtime.address(y), scratch, scratchBytes },
          ...{ outHeight, outWidth, outChannels, filterHeight, run },
          ...{ rowsPerBlock: blockRows, chunk },
        },
        images * outHeight * Math.ceil(outWidth / chunk),
      );
    }),
  );
  return y;
}

/** dx of a convolution of stride 1: the convolution of dy with the filter turned by 180 degrees. */
export function inputGradient(
  runtime: Runtime,
  dy: TensorInfo,
  filter: TensorInfo,
  shape: ConvolutionShape,
): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels } = shape;
  const run = filterWidth * outChannels;
  const blockRows = filterRowsPerBlock(filterHeight, run);
  const turned: ConvolutionShape = {
    ...shape,
    ...{ inHeight: shape.outHeight, inWidth: shape.outWidth, inChannels: outChannels },
    ...{ outHeight: shape.inHeight, outWidth: shape.inWidth, outChannels: inChannels },
    ...{ top: filterHeight - 1 - shape.top, left: filterWidth - 1 - shape.left },
  };
  return runtime.borrow(packedBytes(filterHeight * run, inChannels), (packed) => {
    runtime.run(
      packRotatedFilter,
      {
        ...{ source: runtime.address(filter), target: packed, rowsPerBlock: blockRows },
        ...{ filterHeight, filterWidth, inChannels, outChannels },
      },
      Math.ceil(inChannels / PANEL_COLUMNS) * Math.ceil(filterHeight / blockRows),
    );
    return convolvePacked(runtime, dy, packed, blockRows, turned);
  });
}

/** dw of a convolution [kh, kw, inChannels, outChannels]. */
export function weightGradient(
  runtime: Runtime,
  x: TensorInfo,
  dy: TensorInfo,
  shape: ConvolutionShape,
): TensorInfo {
  const { images, outHeight, outWidth, outChannels, filterHeight, filterWidth } = shape;
  if (outChannels <= NARROW_CHANNELS) return weightGradientOfFew(runtime, x, dy, shape);
  const pixels = images * outHeight * outWidth;
  const blockRows = imageRowsPerBlock(outWidth);
  const dw = runtime.output([filterHeight, filterWidth, shape.inChannels, outChannels]);
  withFrame(runtime, x, frameSize(shape), (frame) =>
    runtime.borrow(packedBytes(pixels, outChannels), (packed) => {
      const blockDepth = blockRows * outWidth;
      runtime.run(
        packMatrix,
        {
          ...{ source: runtime.address(dy), target: packed },
          ...{ depth: pixels, columns: outChannels, blockDepth, transposed: 0 },
        },
        Math.ceil(outChannels / PANEL_COLUMNS) * Math.ceil(pixels / blockDepth),
      );
      weightGradientPacked(runtime, frame, packed, dw, blockRows, shape);
    }),
  );
  return dw;
}

function weightGradientPacked(
  runtime: Runtime,
  frame: Frame,
  dy: number,
  dw: TensorInfo,
  blockRows: number,
  shape: ConvolutionShape,
): void {
  const { images, outHeight, outWidth, outChannels, filterHeight } = shape;
  const run = shape.filterWidth * shape.inChannels;
  const perThread = Math.ceil((filterHeight * run) / PANEL_ROWS / (8 * runtime.threads));
  const panels = Math.min(GRADIENT_PANELS, perThread);
  const scratchBytes = filterGradientScratchBytes(blockRows * outWidth, panels);
  runtime.borrow(runtime.threads * scratchBytes, (scratch) => {
    runtime.run(
      filterGradient,
      {
        ...placesOf(frame, shape),
        ...{ dy, dw: runtime.address(dw), scratch, scratchBytes },
        ...{ images, outHeight, outWidth, outChannels, run, blockRows, panels },
      },
      filterHeight * Math.ceil(run / (panels * PANEL_ROWS)),
    );
  });
}

import { tf } from '@mmsr/core';
import type { Frame, FrameSize } from './image-frame.js';

const FLOAT = 4;
/** Depth that a block of the product is about. */
const BLOCK_DEPTH = 512;

/** Shapes and strides of a convolution without dilation. */
export interface ConvolutionShape {
  readonly images: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly top: number;
  readonly left: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
}

export type ConvolutionInfo = tf.backend_util.Conv2DInfo;

export function shapeOf(info: ConvolutionInfo): ConvolutionShape {
  const { batchSize: images, padInfo } = info;
  return { ...info, images, top: padInfo.top, left: padInfo.left };
}

/** Whether the kernels here do it; others are left to tfjs. */
export function isPlain(info: ConvolutionInfo): boolean {
  return (
    info.dataFormat === 'channelsLast' &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1 &&
    tf.util.sizeFromShape(info.outShape) > 0 &&
    tf.util.sizeFromShape(info.inShape) > 0
  );
}

/** The part of the image that the filter meets. */
export function frameSize(shape: ConvolutionShape): FrameSize {
  const { strideHeight, strideWidth, top, left } = shape;
  return {
    height: (shape.outHeight - 1) * strideHeight + shape.filterHeight,
    width: (shape.outWidth - 1) * strideWidth + shape.filterWidth,
    top,
    left,
  };
}

/** Filter rows whose products are summed before they are added to the output. */
export function filterRowsPerBlock(filterHeight: number, run: number): number {
  return Math.min(filterHeight, Math.max(1, Math.floor(BLOCK_DEPTH / run)));
}

/** Output rows whose pixels are summed before they are added to the filter's gradient. */
export function imageRowsPerBlock(outWidth: number): number {
  return Math.max(1, Math.floor(BLOCK_DEPTH / outWidth));
}

/** Where the tasks find pixels. */
export function placesOf(frame: Frame, shape: ConvolutionShape) {
  return {
    x: frame.address,
    imageBytes: frame.imageBytes,
    rowBytes: frame.rowBytes,
    stepBytes: shape.strideWidth * shape.inChannels * FLOAT,
    stepRowBytes: shape.strideHeight * frame.rowBytes,
  };
}

/** Whether `inputGradient` does it. */
export function hasPlainInputGradient(shape: ConvolutionShape): boolean {
  return (
    shape.strideHeight === 1 &&
    shape.strideWidth === 1 &&
    shape.top < shape.filterHeight &&
    shape.left < shape.filterWidth
  );
}

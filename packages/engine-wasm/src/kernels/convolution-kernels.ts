import { tf } from '@mmsr/core';
import { hasPlainInputGradient, isPlain, shapeOf } from './convolution-shape.js';
import { convolve, inputGradient, weightGradient } from './convolution.js';
import type { KernelFactory } from './kernel.js';
import type { TensorInfo } from './runtime.js';

type Inputs = Record<string, TensorInfo>;
type Shape4D = [number, number, number, number];

/** tfjs's attributes of a convolution and of its gradients. */
interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function infoOf(attributes: ConvolutionAttributes, inShape: number[], filterShape: number[]) {
  const { strides, pad, dataFormat, dilations = 1, dimRoundingMode } = attributes;
  return tf.backend_util.computeConv2DInfo(
    inShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(dataFormat),
  );
}

/** Every stride and padding; dilated ones are left to XNNPACK. */
export const conv2D: KernelFactory = (runtime, other) => (call) => {
  const { x, filter } = call.inputs as Inputs as { x: TensorInfo; filter: TensorInfo };
  const info = infoOf(call.attrs as unknown as ConvolutionAttributes, x.shape, filter.shape);
  return isPlain(info) ? convolve(runtime, x, filter, shapeOf(info)) : other(call);
};

/** Stride 1; others are left to tfjs's loop. */
export const conv2DBackpropInput: KernelFactory = (runtime, other) => (call) => {
  const { dy, filter } = call.inputs as Inputs as { dy: TensorInfo; filter: TensorInfo };
  const attributes = call.attrs as unknown as ConvolutionAttributes & { inputShape: number[] };
  const info = infoOf(attributes, attributes.inputShape, filter.shape);
  const shape = shapeOf(info);
  if (!isPlain(info) || !hasPlainInputGradient(shape)) return other(call);
  return inputGradient(runtime, dy, filter, shape);
};

/** Every stride and padding. */
export const conv2DBackpropFilter: KernelFactory = (runtime, other) => (call) => {
  const { x, dy } = call.inputs as Inputs as { x: TensorInfo; dy: TensorInfo };
  const attributes = call.attrs as unknown as ConvolutionAttributes & { filterShape: number[] };
  const info = infoOf(attributes, x.shape, attributes.filterShape);
  return isPlain(info) ? weightGradient(runtime, x, dy, shapeOf(info)) : other(call);
};

import type { Shape } from '../graph/graph.js';
import {
  attribute,
  constant,
  input,
  shapeOf,
  NotRecordable,
  type Operation,
  type ShapeRule,
} from './shape-rule.js';
import { broadcastShape } from './elementwise-rules.js';

type Images = readonly [number, number, number, number];

/** Height and width after a window of `kernel` pixels has moved over images [N, H, W, C]. */
function windowed(operation: Operation, kernel: readonly [number, number]): [number, number] {
  const [, height, width] = shapeOf(operation) as Images;
  const strides = attribute(operation, 'strides', 'int') as Images;
  const dilations = operation.attributes.get('dilations')?.value as Images | undefined;
  const [top, left] = [height, width].map((side, i) => {
    const stride = strides[i + 1] as number;
    const extent = ((kernel[i] as number) - 1) * (dilations?.[i + 1] ?? 1) + 1;
    return Math.ceil((side + paddingOf(operation, i, extent) - extent + 1) / stride);
  }) as [number, number];
  return [top, left];
}

/** Pixels added on both sides together, as far as they do not depend on the stride. */
function paddingOf(operation: Operation, axis: number, extent: number): number {
  const padding = attribute(operation, 'padding', 'string');
  if (padding === 'SAME') return extent - 1;
  if (padding === 'VALID') return 0;
  const pads = attribute(operation, 'explicit_paddings', 'int') as readonly number[];
  return (pads[2 + 2 * axis] as number) + (pads[3 + 2 * axis] as number);
}

function assertChannelsLast(operation: Operation): void {
  if (attribute(operation, 'data_format', 'string') === 'NHWC') return;
  throw new NotRecordable(`${operation.name} has its channels first`);
}

const images = (operation: Operation, shape: Shape) => [
  { shape, dtype: input(operation, 0).dtype },
];

const conv2d: ShapeRule = (operation) => {
  assertChannelsLast(operation);
  const [kernelHeight, kernelWidth, , features] = shapeOf(operation, 1) as Images;
  const [height, width] = windowed(operation, [kernelHeight, kernelWidth]);
  return images(operation, [shapeOf(operation)[0] as number, height, width, features]);
};

const depthwise: ShapeRule = (operation) => {
  assertChannelsLast(operation);
  const [kernelHeight, kernelWidth, channels, times] = shapeOf(operation, 1) as Images;
  const [height, width] = windowed(operation, [kernelHeight, kernelWidth]);
  return images(operation, [shapeOf(operation)[0] as number, height, width, channels * times]);
};

const pool: ShapeRule = (operation) => {
  assertChannelsLast(operation);
  const [, kernelHeight, kernelWidth] = attribute(operation, 'ksize', 'int') as Images;
  const [batch, , , channels] = shapeOf(operation) as Images;
  const [height, width] = windowed(operation, [kernelHeight, kernelWidth]);
  return images(operation, [batch, height, width, channels]);
};

/** The gradient of a convolution: its size is an input, `sizes`; its type that of the last input. */
const sizedBy =
  (sizes: number): ShapeRule =>
  (operation) => {
    assertChannelsLast(operation);
    return [{ shape: constant(operation, sizes), dtype: input(operation, 2).dtype }];
  };

const matMul: ShapeRule = (operation) => {
  const flipped = (key: string) => operation.attributes.get(key)?.value === true;
  const [a, b] = [shapeOf(operation, 0), shapeOf(operation, 1)];
  const rows = a.at(flipped('adj_x') ? -1 : -2) as number;
  const columns = b.at(flipped('adj_y') ? -2 : -1) as number;
  const batches = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  return images(operation, [...batches, rows, columns]);
};

const resized: ShapeRule = (operation) => {
  const [batch, , , channels] = shapeOf(operation) as Images;
  const [height, width] = constant(operation, 1) as [number, number];
  return images(operation, [batch, height, width, channels]);
};

export const CONTRACTION_RULES: readonly (readonly [string, ShapeRule])[] = [
  ['Conv2D', conv2d],
  ['Conv2DBackpropInput', sizedBy(0)],
  ['Conv2DBackpropFilter', sizedBy(1)],
  ['DepthwiseConv2dNative', depthwise],
  ['DepthwiseConv2dNativeBackpropInput', sizedBy(0)],
  ['DepthwiseConv2dNativeBackpropFilter', sizedBy(1)],
  ['MaxPool', pool],
  ['AvgPool', pool],
  ['MaxPoolGrad', (operation) => images(operation, shapeOf(operation))],
  ['AvgPoolGrad', (op) => [{ shape: constant(op, 0), dtype: input(op, 1).dtype }]],
  ['BatchMatMulV2', matMul],
  ['ResizeNearestNeighbor', resized],
  ['ResizeBilinear', resized],
];

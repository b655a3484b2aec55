import { INT32, type DataType } from '../graph/data-types.js';
import { sizeOf, type Shape } from '../graph/graph.js';
import {
  attribute,
  axisOf,
  constant,
  input,
  shapeOf,
  type Operation,
  type ShapeRule,
} from './shape-rule.js';

/** A rule that changes the shape of the first input. */
const reshaping =
  (shape: (operation: Operation) => Shape): ShapeRule =>
  (operation) => [{ shape: shape(operation), dtype: input(operation, 0).dtype }];

function reduced(operation: Operation): Shape {
  const shape = shapeOf(operation);
  const axes = new Set(constant(operation, 1).map((axis) => axisOf(axis, shape.length)));
  return attribute(operation, 'keep_dims', 'bool') === true
    ? shape.map((side, axis) => (axes.has(axis) ? 1 : side))
    : shape.filter((_, axis) => !axes.has(axis));
}

const indexOfExtreme: ShapeRule = (operation) => {
  const shape = shapeOf(operation);
  const [axis] = constant(operation, 1) as [number];
  return [{ shape: shape.filter((_, i) => i !== axisOf(axis, shape.length)), dtype: INT32 }];
};

function reshaped(operation: Operation): Shape {
  const shape = constant(operation, 1);
  const known = shape.reduce((product, side) => (side === -1 ? product : product * side), 1);
  return shape.map((side) => (side === -1 ? sizeOf(shapeOf(operation)) / known : side));
}

function concatenated(operation: Operation): Shape {
  const parts = operation.inputs.slice(0, -1);
  const first = shapeOf(operation);
  const [given] = constant(operation, operation.inputs.length - 1) as [number];
  const axis = axisOf(given, first.length);
  const length = parts.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
  return first.map((side, i) => (i === axis ? length : side));
}

const split: ShapeRule = (operation) => {
  const { shape, dtype } = input(operation, 0);
  const [given] = constant(operation, 2) as [number];
  const axis = axisOf(given, shape.length);
  return constant(operation, 1).map((length) => ({
    shape: shape.map((side, i) => (i === axis ? length : side)),
    dtype,
  }));
};

const unpack: ShapeRule = (operation) => {
  const { shape, dtype } = input(operation, 0);
  const axis = axisOf(attribute(operation, 'axis', 'int') as number, shape.length);
  const part = { shape: shape.filter((_, i) => i !== axis), dtype };
  return Array.from({ length: shape[axis] as number }, () => part);
};

function packed(operation: Operation): Shape {
  const shape = shapeOf(operation);
  const axis = axisOf(attribute(operation, 'axis', 'int') as number, shape.length + 1);
  return [...shape.slice(0, axis), operation.inputs.length, ...shape.slice(axis)];
}

function padded(operation: Operation): Shape {
  const pads = constant(operation, 1);
  return shapeOf(operation).map(
    (side, axis) => (pads[2 * axis] as number) + side + (pads[2 * axis + 1] as number),
  );
}

function gathered(operation: Operation): Shape {
  const shape = shapeOf(operation);
  const indices = shapeOf(operation, 1);
  const batches = attribute(operation, 'batch_dims', 'int') as number;
  const [given] = constant(operation, 2) as [number];
  const axis = axisOf(given, shape.length);
  return [...shape.slice(0, axis), ...indices.slice(batches), ...shape.slice(axis + 1)];
}

function sliced(operation: Operation): Shape {
  const begin = constant(operation, 1);
  return constant(operation, 2).map((size, axis) =>
    size === -1 ? (shapeOf(operation)[axis] as number) - (begin[axis] as number) : size,
  );
}

function expanded(operation: Operation): Shape {
  const shape = shapeOf(operation);
  const [given] = constant(operation, 1) as [number];
  const axis = axisOf(given, shape.length + 1);
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
}

function oneHot(operation: Operation): ReturnType<ShapeRule> {
  const shape = [...shapeOf(operation), ...constant(operation, 1)];
  return [{ shape, dtype: input(operation, 2).dtype }];
}

const filled: ShapeRule = (operation) => [
  { shape: constant(operation, 0), dtype: input(operation, 1).dtype },
];

function shuffled(operation: Operation): Shape {
  const block = attribute(operation, 'block_size', 'int') as number;
  const [batch, height, width, channels] = shapeOf(operation) as [number, number, number, number];
  return [batch, height * block, width * block, channels / (block * block)];
}

const range: ShapeRule = (operation) => {
  const [start, stop, step] = [0, 1, 2].map((i) => constant(operation, i)[0]) as [
    number,
    number,
    number,
  ];
  return [{ shape: [Math.ceil((stop - start) / step)], dtype: input(operation, 0).dtype }];
};

const REDUCTIONS = ['Sum', 'Mean', 'Prod', 'Max', 'Min', 'All', 'Any'];

export const LAYOUT_RULES: readonly (readonly [string, ShapeRule])[] = [
  ...REDUCTIONS.map((name) => [name, reshaping(reduced)] as const),
  ['ArgMax', indexOfExtreme],
  ['ArgMin', indexOfExtreme],
  ['Reshape', reshaping(reshaped)],
  ['Transpose', reshaping((op) => constant(op, 1).map((axis) => shapeOf(op)[axis] as number))],
  ['ExpandDims', reshaping(expanded)],
  ['Slice', reshaping(sliced)],
  ['ConcatV2', reshaping(concatenated)],
  ['SplitV', split],
  ['Pack', reshaping(packed)],
  ['Unpack', unpack],
  [
    'Tile',
    reshaping((op) => constant(op, 1).map((times, i) => times * (shapeOf(op)[i] as number))),
  ],
  ['BroadcastTo', reshaping((op) => constant(op, 1))],
  ['PadV2', reshaping(padded)],
  ['MirrorPad', reshaping(padded)],
  ['ReverseV2', reshaping((op) => shapeOf(op))],
  ['GatherV2', reshaping(gathered)],
  ['UnsortedSegmentSum', (op) => segments(op)],
  ['Cumsum', reshaping((op) => shapeOf(op))],
  ['OneHot', oneHot],
  ['Fill', filled],
  ['Range', range],
  ['DepthToSpace', reshaping(shuffled)],
];

function segments(operation: Operation): ReturnType<ShapeRule> {
  const { shape, dtype } = input(operation, 0);
  const rank = shapeOf(operation, 1).length;
  return [{ shape: [...constant(operation, 2), ...shape.slice(rank)], dtype: dtype as DataType }];
}

import { tf } from '@mmsr/core';
import { sumBlocks } from '../tasks/sums.js';
import type { KernelFactory } from './kernel.js';
import type { Runtime, TensorInfo } from './runtime.js';

const FLOAT = 4;
/** Values that one piece of the work adds, about. */
const BLOCK_VALUES = 16384;
/** Columns into which a sum of everything is folded. */
const FOLD = 64;

interface SumAttributes {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/** [matrices][rows][columns], of which the rows are summed. */
interface Fold {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
}

/** Sums over neighbouring axes before others, and over all; the rest is left to tfjs. */
export const sum: KernelFactory = (runtime, other) => (call) =>
  reduce(runtime, call.inputs.x as TensorInfo, call.attrs as unknown as SumAttributes, () => 1) ??
  other(call);

export const mean: KernelFactory = (runtime, other) => (call) =>
  reduce(
    runtime,
    call.inputs.x as TensorInfo,
    call.attrs as unknown as SumAttributes,
    (count) => 1 / count,
  ) ?? other(call);

/** The sum times a factor of the number of summands; undefined where it is not done here. */
function reduce(
  runtime: Runtime,
  x: TensorInfo,
  { axis, keepDims }: SumAttributes,
  factor: (count: number) => number,
): TensorInfo | undefined {
  if (x.dtype !== 'float32') return undefined;
  const size = tf.util.sizeFromShape(x.shape);
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const [outShape, summed] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = keepDims ? tf.backend_util.expandShapeToKeepDim(outShape, axes) : outShape;
  const count = tf.util.sizeFromShape(summed);
  if (size === 0) return runtime.filled(shape, 0 * factor(count));
  if (count === size) return sumOfAll(runtime, x, shape, factor(count));
  const fold = foldOf(x.shape, axes);
  if (fold === undefined) return undefined;
  const output = runtime.output(shape);
  sumRows(runtime, runtime.address(x), runtime.address(output), fold);
  const scale = factor(count);
  if (scale !== 1) scaleInPlace(runtime.backend.typedArrayFromHeap(output), scale);
  return output;
}

/** The axes as a fold, when the summed ones are neighbours and not the last. */
function foldOf(shape: readonly number[], axes: readonly number[]): Fold | undefined {
  const summed = shape.map((size, axis) => size > 1 && axes.includes(axis));
  const first = summed.indexOf(true);
  const last = summed.lastIndexOf(true);
  const between = shape.slice(first, last + 1);
  const broken = between.some((size, i) => size > 1 && summed[first + i] !== true);
  const fold = {
    matrices: tf.util.sizeFromShape(shape.slice(0, first)),
    rows: tf.util.sizeFromShape(between),
    columns: tf.util.sizeFromShape(shape.slice(last + 1)),
  };
  return first === -1 || broken || fold.columns === 1 ? undefined : fold;
}

/** Sums in blocks and then the blocks, so that the order does not depend on the threads. */
function sumRows(runtime: Runtime, source: number, target: number, fold: Fold): void {
  const { matrices, rows, columns } = fold;
  const blockRows = Math.min(rows, Math.max(1, Math.ceil(BLOCK_VALUES / columns)));
  const blocks = Math.ceil(rows / blockRows);
  if (blocks === 1) {
    runtime.run(sumBlocks, { source, target, rows, columns, blockRows }, matrices);
    return;
  }
  runtime.borrow(matrices * blocks * columns * FLOAT, (partial) => {
    const first = { source, target: partial, rows, columns, blockRows };
    runtime.run(sumBlocks, first, matrices * blocks);
    const second = { source: partial, target, rows: blocks, columns, blockRows: blocks };
    runtime.run(sumBlocks, second, matrices);
  });
}

/** Folds all values into a few columns, which are then added in double precision. */
function sumOfAll(runtime: Runtime, x: TensorInfo, shape: number[], factor: number): TensorInfo {
  const output = runtime.output(shape);
  const size = tf.util.sizeFromShape(x.shape);
  const rows = Math.floor(size / FOLD);
  const rest = runtime.backend.typedArrayFromHeap({ ...x, shape: [size] }).subarray(rows * FOLD);
  let total = addAll(rest);
  if (rows > 0) {
    runtime.borrow(FOLD * FLOAT, (columns) => {
      sumRows(runtime, runtime.address(x), columns, { matrices: 1, rows, columns: FOLD });
      total += addAll(runtime.floats(columns, FOLD));
    });
  }
  runtime.backend.typedArrayFromHeap(output)[0] = total * factor;
  return output;
}

function addAll(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function scaleInPlace(values: { [index: number]: number; length: number }, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor;
}

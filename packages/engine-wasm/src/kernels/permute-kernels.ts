import { permute } from '../tasks/permute.js';
import type { KernelFactory } from './kernel.js';
import type { TensorInfo } from './runtime.js';

/** Values that one piece of the work copies, about. */
const PIECE_VALUES = 16384;
const OUTER_AXES = 4;

/** An axis of the output: how many values, and how far apart they lie. */
interface Axis {
  readonly size: number;
  readonly source: number;
  readonly target: number;
}

/** Transposes of up to six axes that cannot be merged; more are left to tfjs. */
export const transpose: KernelFactory = (runtime, other) => (call) => {
  const { x } = call.inputs as { x: TensorInfo };
  const { perm } = call.attrs as unknown as { perm: number[] };
  const axes = mergedAxes(x.shape, perm);
  const words = x.dtype === 'float32' || x.dtype === 'int32';
  if (!words || axes.length < 2 || axes.length > OUTER_AXES + 2) return other(call);
  const shape = perm.map((axis) => x.shape[axis] as number);
  const output = runtime.backend.makeOutput(shape, x.dtype);
  const { pieces, ...plan } = planOf(axes);
  const addresses = { source: runtime.address(x), target: runtime.address(output) };
  runtime.run(permute, { ...addresses, ...plan }, pieces);
  return output;
};

/** The output's axes, without those of size 1 and with those that stay neighbours made one. */
function mergedAxes(shape: readonly number[], perm: readonly number[]): Axis[] {
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
  const merged: { size: number; source: number; last: number }[] = [];
  for (const axis of perm) {
    const size = shape[axis] as number;
    if (size === 1) continue;
    const before = merged.at(-1);
    const source = strides[axis] as number;
    if (before?.source === size * source) {
      merged[merged.length - 1] = { size: before.size * size, source, last: axis };
    } else merged.push({ size, source, last: axis });
  }
  return merged.map(({ size, source }, i) => ({
    size,
    source,
    target: product(merged.slice(i + 1).map((axis) => axis.size)),
  }));
}

function planOf(axes: readonly Axis[]) {
  const lastAxis = axes.at(-1) as Axis;
  const turned = lastAxis.source !== 1;
  const rowAxis = turned ? lastAxis : (axes.at(-2) as Axis);
  const columnAxis = axes.find(({ source }) => source === 1) as Axis;
  const outer = axes.filter((axis) => axis !== rowAxis && axis !== columnAxis);
  const absent: Axis = { size: 1, source: 0, target: 0 };
  const [axis0, axis1, axis2, axis3] = [
    ...new Array<Axis>(OUTER_AXES - outer.length).fill(absent),
    ...outer,
  ] as [Axis, Axis, Axis, Axis];
  const planes = product(outer.map(({ size }) => size));
  const [rows, columns] = [rowAxis.size, columnAxis.size];
  const rowsPerPiece = Math.min(rows, 4 * Math.ceil(PIECE_VALUES / columns / 4));
  const planesPerPiece = Math.max(1, Math.floor(PIECE_VALUES / (rows * columns)));
  return {
    ...{ rows, columns, planes, rowsPerPiece, planesPerPiece, turned: Number(turned) },
    sourceStride: rowAxis.source,
    targetStride: turned ? columnAxis.target : rowAxis.target,
    ...{ size1: axis1.size, size2: axis2.size, size3: axis3.size },
    ...{ source0: axis0.source, source1: axis1.source },
    ...{ source2: axis2.source, source3: axis3.source },
    ...{ target0: axis0.target, target1: axis1.target },
    ...{ target2: axis2.target, target3: axis3.target },
    pieces: Math.ceil(rows / rowsPerPiece) * Math.ceil(planes / planesPerPiece),
  };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((size, side) => size * side, 1);
}

import { MmsrError } from '../errors.js';
import type { SafeTensor } from '../run/safetensors.js';
import type { Parameter, ParameterLayout } from './parameter-scope.js';

/** For each axis of PyTorch's layout, the axis of tfjs's layout it is. */
const TORCH_AXES: Readonly<Record<ParameterLayout, readonly number[] | undefined>> = {
  conv2d: [3, 2, 0, 1],
  linear: [1, 0],
  plain: undefined,
};

/** Buffers that published checkpoints hold beside the parameters; they follow from the configuration. */
const BUFFERS = /(^|\.)(attn_mask|relative_position_index)$/;

/** The shape in PyTorch of a parameter whose shape in tfjs is `shape`. */
export function torchShape(shape: readonly number[], layout: ParameterLayout): number[] {
  const axes = TORCH_AXES[layout];
  return axes === undefined ? [...shape] : axes.map((axis) => shape[axis] as number);
}

/**
 * Converts a parameter to PyTorch's layout.
 * @param values in tfjs layout
 * @param shape in tfjs layout
 */
export function toTorchLayout(
  values: Float32Array,
  shape: readonly number[],
  layout: ParameterLayout,
): SafeTensor {
  const axes = TORCH_AXES[layout];
  const data = axes === undefined ? values.slice() : permute(values, shape, axes);
  return { shape: torchShape(shape, layout), data };
}

/**
 * Converts a parameter from PyTorch's layout.
 * @param shape in tfjs layout, what the result must have
 * @throws MmsrError E_CHECKPOINT when the tensor has another shape
 */
export function fromTorchLayout(
  tensor: SafeTensor,
  shape: readonly number[],
  layout: ParameterLayout,
): Float32Array {
  const expected = torchShape(shape, layout);
  if (tensor.shape.join() !== expected.join()) {
    throw new MmsrError(
      'E_CHECKPOINT',
      `a tensor is [${tensor.shape.join(', ')}] where [${expected.join(', ')}] is due`,
      { advice: 'The weights are of a model with other options.' },
    );
  }
  const axes = TORCH_AXES[layout];
  if (axes === undefined) return tensor.data.slice();
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  return permute(tensor.data, expected, inverse);
}

/**
 * The parameters' values from a PyTorch state_dict, by name, in tfjs layout. Buffers of published
 * checkpoints are passed over; nothing else is.
 * @param where the file they come from, for errors
 * @throws MmsrError E_CHECKPOINT naming what is missing, unknown or of another shape
 */
export function importTorch(
  parameters: readonly Parameter[],
  tensors: ReadonlyMap<string, SafeTensor>,
  where?: string,
): Map<string, Float32Array> {
  const known = new Set(parameters.map(({ name }) => name));
  const unknown = [...tensors.keys()].filter((name) => !known.has(name) && !BUFFERS.test(name));
  const missing = [...known].filter((name) => !tensors.has(name));
  const misshapen = parameters.flatMap((parameter) => describeMisfit(parameter, tensors));
  const faults = [
    ...describe('unknown to the model', unknown),
    ...describe('missing', missing),
    ...describe('of another shape', misshapen),
  ];
  if (faults.length > 0) {
    throw new MmsrError('E_CHECKPOINT', `the weights do not fit the model: ${faults.join('; ')}`, {
      where,
      advice: 'Set the options of the model to those of the weights.',
    });
  }
  return new Map(
    parameters.map(({ name, shape, layout }) => [
      name,
      fromTorchLayout(tensors.get(name) as SafeTensor, shape, layout),
    ]),
  );
}

function describeMisfit(
  { name, shape, layout }: Parameter,
  tensors: ReadonlyMap<string, SafeTensor>,
): string[] {
  const found = tensors.get(name)?.shape.join(' x ');
  const due = torchShape(shape, layout).join(' x ');
  return found === undefined || found === due ? [] : [`${name} is ${found}, not ${due}`];
}

function describe(fault: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > 3 ? ' ...' : '';
  return [`${names.length} ${fault} (${names.slice(0, 3).join(', ')}${more})`];
}

/** Axis k of the result is axis axes[k] of the source. */
function permute(
  source: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array {
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((axis) => shape[axis] as number);
  const steps = axes.map((axis) => stride[axis] as number);
  const result = new Float32Array(source.length);
  const copy = (axis: number, from: number, to: number): number => {
    const size = sizes[axis] as number;
    const step = steps[axis] as number;
    const last = axis === sizes.length - 1;
    for (let i = 0; i < size; i++, from += step) {
      if (last) result[to++] = source[from] as number;
      else to = copy(axis + 1, from, to);
    }
    return to;
  };
  copy(0, 0, 0);
  return result;
}

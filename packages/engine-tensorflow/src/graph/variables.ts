import { FLOAT, INT32, RESOURCE } from './data-types.js';
import type { FlatLayout } from './flat-layout.js';
import { sameShape, type Graph, type Node, type Output, type Shape } from './graph.js';

/** Attributes of an operation on float32 tensors. */
export const FLOATS = { T: { kind: 'type', value: FLOAT } } as const;
export const SCALAR = { shape: [], dtype: FLOAT } as const;
const VALUE = { dtype: { kind: 'type', value: FLOAT } } as const;

/** A variable of the session: a vector. */
export interface Variable {
  readonly handle: Output;
  readonly length: number;
  /** What it is when a run begins. */
  readonly value: Output;
  /** What it is set to when `loaded` is fetched. */
  readonly input: Output;
  readonly loaded: Output;
}

/** @param name of letters, digits, `_`, `/` and `.` */
export function addVariable(graph: Graph, name: string, length: number): Variable {
  const shape = [length];
  const attributes = {
    dtype: { kind: 'type', value: FLOAT },
    shape: { kind: 'shape', value: shape },
    shared_name: { kind: 'string', value: name },
  } as const;
  const handle = graph.one('VarHandleOp', [], { shape: [], dtype: RESOURCE }, { name, attributes });
  const input = graph.placeholder(`${name}/input`, shape, FLOAT);
  // The variable would otherwise share its memory with the JavaScript array that it is loaded from.
  const copy = graph.one('DeepCopy', [input], { shape, dtype: FLOAT }, { attributes: FLOATS });
  const load = assign(graph, 'AssignVariableOp', handle, copy);
  const value = readVariable(graph, handle, shape);
  return { handle, length, value, input, loaded: after(graph, [load]) };
}

/** Reads a variable after the nodes in `controls` have run. */
export function readVariable(
  graph: Graph,
  handle: Output,
  shape: Shape,
  controls: readonly Node[] = [],
): Output {
  const signature = { shape, dtype: FLOAT } as const;
  return graph.one('ReadVariableOp', [handle], signature, { attributes: VALUE, controls });
}

/** Sets, adds to or subtracts from a variable. */
export function assign(
  graph: Graph,
  op: 'AssignVariableOp' | 'AssignAddVariableOp' | 'AssignSubVariableOp',
  handle: Output,
  value: Output,
  controls: readonly Node[] = [],
): Node {
  return graph.add(op, [handle, value], [], { attributes: VALUE, controls });
}

/** A number to fetch once the nodes have run. */
export function after(graph: Graph, nodes: readonly Node[]): Output {
  return graph.one('Identity', [graph.scalar(1)], SCALAR, { attributes: FLOATS, controls: nodes });
}

/** The arrays of a layout from the vector in which they lie end to end. */
export function splitFlat(graph: Graph, flat: Output, layout: FlatLayout): Output[] {
  const { dtype } = flat;
  const sizes = layout.sizes.map((size) => ({ shape: [size], dtype }));
  const axis = graph.constant(Int32Array.of(0), [], INT32);
  const { outputs } = graph.add('SplitV', [flat, graph.int32(layout.sizes), axis], sizes, {
    attributes: {
      T: { kind: 'type', value: dtype },
      num_split: { kind: 'int', value: sizes.length },
      Tlen: { kind: 'type', value: INT32 },
    },
  });
  return outputs.map((part, i) => reshape(graph, part, layout.places[i]?.shape as Shape));
}

/** The vector of arrays laid end to end. */
export function joinFlat(graph: Graph, arrays: readonly Output[], layout: FlatLayout): Output {
  const parts = arrays.map((array, i) => reshape(graph, array, [layout.sizes[i] as number]));
  const [only] = parts;
  if (parts.length === 1) return only as Output;
  const axis = graph.constant(Int32Array.of(0), [], INT32);
  const signature = { shape: [layout.size], dtype: FLOAT } as const;
  return graph.one('ConcatV2', [...parts, axis], signature, {
    attributes: {
      ...FLOATS,
      N: { kind: 'int', value: parts.length },
      Tidx: { kind: 'type', value: INT32 },
    },
  });
}

function reshape(graph: Graph, x: Output, shape: Shape): Output {
  if (sameShape(x.shape, shape)) return x;
  return graph.one(
    'Reshape',
    [x, graph.int32(shape)],
    { shape, dtype: x.dtype },
    {
      attributes: {
        T: { kind: 'type', value: x.dtype },
        Tshape: { kind: 'type', value: INT32 },
      },
    },
  );
}

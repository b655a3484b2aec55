import { FLOAT } from '../graph/data-types.js';
import {
  constantElements,
  sameShape,
  uniformValue,
  type Attribute,
  type Graph,
  type Output,
} from '../graph/graph.js';
import { broadcastShape, BROADCASTING } from './elementwise-rules.js';
import type { Operation, Signature } from './shape-rule.js';

/*
 * What tfjs records is correct and wasteful: constants as large as an image where a number would do, and
 * operations for which TensorFlow has a faster kernel. Each function here takes an operation and gives
 * its outputs in another way, or undefined where it does not apply.
 */
type Simplification = (
  graph: Graph,
  operation: Operation,
  signature: Signature,
) => Output | undefined;

/** Simplifies one operation of one output. */
export function simplify(
  graph: Graph,
  operation: Operation,
  signatures: readonly Signature[],
): readonly Output[] | undefined {
  const [signature, ...others] = signatures;
  if (signature === undefined || others.length > 0) return undefined;
  for (const simplification of SIMPLIFICATIONS) {
    const output = simplification(graph, operation, signature);
    if (output !== undefined) return [output];
  }
  return undefined;
}

const typed = (dtype: number) => ({ kind: 'type', value: dtype }) as const;

/** Reshaping to the same shape and casting to the same type do nothing. */
const dropNeutral: Simplification = (_, { name, inputs, attributes }, { shape, dtype }) => {
  const [x] = inputs as [Output];
  if (name === 'Reshape' || name === 'Tile' || name === 'BroadcastTo') {
    return sameShape(x.shape, shape) ? x : undefined;
  }
  if (name === 'Cast') return x.dtype === dtype ? x : undefined;
  if (name !== 'Transpose') return undefined;
  const order = constantElements(inputs[1] as Output);
  return attributes.size > 0 && order?.every((axis, i) => axis === i) ? x : undefined;
};

/** What is reshaped twice is reshaped once. */
const joinReshapes: Simplification = (graph, { name, inputs, attributes }, signature) => {
  const [x, shape] = inputs as [Output, Output];
  if (name !== 'Reshape' || x.node.op !== 'Reshape') return undefined;
  const source = x.node.inputs[0] as Output;
  if (sameShape(source.shape, signature.shape)) return source;
  return graph.one('Reshape', [source, shape], signature, {
    attributes: Object.fromEntries(attributes),
  });
};

/**
 * Operands that only repeat something smaller are taken smaller, and broadcast: gradients of sums and
 * means multiply by ones of the size of the image.
 */
const shrinkOperands: Simplification = (graph, operation, signature) => {
  if (!BROADCASTING.has(operation.name) || operation.inputs.length !== 2) return undefined;
  const [a, b] = operation.inputs as [Output, Output];
  const [smallA, smallB] = [shrunk(graph, a), shrunk(graph, b)];
  if (smallA === a && smallB === b) return undefined;
  const inputs: [Output, Output] = [smallA, smallB];
  const shape = broadcastShape(smallA.shape, smallB.shape);
  const small = binary(graph, operation, inputs, { shape, dtype: signature.dtype });
  return sameShape(shape, signature.shape) ? small : broadcastTo(graph, small, signature.shape);
};

function shrunk(graph: Graph, operand: Output): Output {
  if (operand.node.op === 'BroadcastTo') return operand.node.inputs[0] as Output;
  const value = uniformValue(operand);
  if (value === undefined || operand.shape.length === 0 || operand.dtype !== FLOAT) return operand;
  return graph.scalar(value);
}

function binary(
  graph: Graph,
  { name, attributes }: Operation,
  inputs: readonly [Output, Output],
  signature: Signature,
): Output {
  const [a, b] = inputs;
  const times = name === 'Mul';
  if (times && uniformValue(b) === 1 && sameShape(a.shape, signature.shape)) return a;
  if (times && uniformValue(a) === 1 && sameShape(b.shape, signature.shape)) return b;
  const op = name === 'Add' ? 'AddV2' : name;
  return graph.one(op, inputs, signature, { attributes: Object.fromEntries(attributes) });
}

function broadcastTo(graph: Graph, x: Output, shape: readonly number[]): Output {
  const attributes = { T: typed(x.dtype), Tidx: typed(3) };
  return graph.one(
    'BroadcastTo',
    [x, graph.int32(shape)],
    { shape, dtype: x.dtype },
    { attributes },
  );
}

/** A vector added to the last axis of a convolution or a product: TensorFlow fuses a BiasAdd into them. */
const addBias: Simplification = (graph, { name, inputs }, signature) => {
  if (name !== 'Add') return undefined;
  const [a, b] = inputs as [Output, Output];
  const contraction = ['Conv2D', 'MatMul'].includes(graph.source(a).node.op);
  if (!contraction || b.shape.length !== 1 || b.shape[0] !== a.shape.at(-1)) return undefined;
  return graph.one('BiasAdd', [a, b], signature, {
    attributes: { T: typed(FLOAT), data_format: NHWC },
  });
};

const NHWC: Attribute = { kind: 'string', value: 'NHWC' };

/** The sum over all axes but the last, as of a bias's gradient. */
const sumBias: Simplification = (graph, { name, inputs, attributes }, signature) => {
  const [x, axes] = inputs as [Output, Output];
  if (name !== 'Sum' || x.dtype !== FLOAT || x.shape.length < 2) return undefined;
  if (attributes.get('keep_dims')?.value === true) return undefined;
  const summed = [...(constantElements(axes) ?? [])].sort((a, b) => a - b);
  const allButLast = x.shape.slice(0, -1).map((_, axis) => axis);
  if (!sameShape(summed, allButLast)) return undefined;
  return graph.one('BiasAddGrad', [x], signature, {
    attributes: { T: typed(FLOAT), data_format: NHWC },
  });
};

/** A product of matrices, which TensorFlow fuses with a bias; it does not fuse those of a batch. */
const plainMatMul: Simplification = (graph, { name, inputs, attributes }, signature) => {
  if (name !== 'BatchMatMulV2' || signature.shape.length !== 2) return undefined;
  const flag = (key: string) =>
    ({ kind: 'bool', value: attributes.get(key)?.value === true }) as const;
  return graph.one('MatMul', inputs, signature, {
    attributes: { T: typed(FLOAT), transpose_a: flag('adj_x'), transpose_b: flag('adj_y') },
  });
};

/** The addition that all of TensorFlow's optimizations know. */
const currentAdd: Simplification = (graph, { name, inputs, attributes }, signature) =>
  name === 'Add'
    ? graph.one('AddV2', inputs, signature, { attributes: Object.fromEntries(attributes) })
    : undefined;

const SIMPLIFICATIONS: readonly Simplification[] = [
  dropNeutral,
  joinReshapes,
  addBias,
  sumBias,
  plainMatMul,
  shrinkOperands,
  currentAdd,
];

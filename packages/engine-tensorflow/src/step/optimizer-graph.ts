import type { OptimizerSettings } from '@mmsr/core';
import { BOOL, FLOAT, INT32 } from '../graph/data-types.js';
import type { Graph, Node, Output } from '../graph/graph.js';
import {
  addVariable,
  assign,
  FLOATS,
  readVariable,
  SCALAR,
  type Variable,
} from '../graph/variables.js';

/** What the update keeps from step to step: vectors of all trained parameters end to end. */
export interface Slots {
  readonly parameters: Variable;
  readonly firstMoment: Variable;
  readonly secondMoment: Variable;
  readonly average: Variable | undefined;
}

/** Numbers of the update that change from step to step. */
export interface UpdateInputs {
  /** Learning rate * sqrt(1 - beta2^t) / (1 - beta1^t). */
  readonly stepSize: Output;
  /** epsilon * sqrt(1 - beta2^t): TensorFlow's Adam adds epsilon in another place than PyTorch's. */
  readonly epsilon: Output;
  /** Learning rate * weight decay, where it is decoupled. */
  readonly shrink: Output;
  /** 1 - decay of the average. */
  readonly averageRate: Output;
}

export function addUpdateInputs(graph: Graph): UpdateInputs {
  const scalar = (name: string) => graph.placeholder(`update/${name}`, [], FLOAT);
  return {
    stepSize: scalar('stepSize'),
    epsilon: scalar('epsilon'),
    shrink: scalar('shrink'),
    averageRate: scalar('averageRate'),
  };
}

export function addSlots(graph: Graph, length: number, averaged: boolean): Slots {
  return {
    parameters: addVariable(graph, 'trained', length),
    firstMoment: addVariable(graph, 'firstMoment', length),
    secondMoment: addVariable(graph, 'secondMoment', length),
    average: averaged ? addVariable(graph, 'average', length) : undefined,
  };
}

/** The Euclidean norm. */
export function euclideanNorm(graph: Graph, vector: Output): Output {
  const half = graph.one('L2Loss', [vector], SCALAR, { attributes: FLOATS }); // half of the squares
  const sum = binary(graph, 'Mul', half, graph.scalar(2));
  return graph.one('Sqrt', [sum], SCALAR, { attributes: FLOATS });
}

/** Brings the norm of a gradient down to `clipNorm` where it is larger. */
export function clip(graph: Graph, gradient: Output, norm: Output, clipNorm: number): Output {
  const limit = graph.scalar(clipNorm);
  const factor = binary(graph, 'Div', limit, binary(graph, 'Maximum', norm, limit));
  return binary(graph, 'Mul', gradient, factor);
}

/**
 * Adam or AdamW, as `adamUpdate` of core computes it, then the average.
 * @param gate runs before anything is changed
 * @returns the last node
 */
export function addUpdate(
  graph: Graph,
  slots: Slots,
  gradient: Output,
  settings: OptimizerSettings,
  inputs: UpdateInputs,
  gate: Node,
): Node {
  const { parameters, average } = slots;
  const { decoupledWeightDecay, weightDecay } = settings;
  let slope = gradient;
  let before = gate;
  if (weightDecay > 0 && decoupledWeightDecay) {
    const change = binary(graph, 'Mul', parameters.value, inputs.shrink);
    before = assign(graph, 'AssignSubVariableOp', parameters.handle, change, [gate]);
  } else if (weightDecay > 0) {
    const decay = binary(graph, 'Mul', parameters.value, graph.scalar(weightDecay));
    slope = binary(graph, 'AddV2', gradient, decay);
  }
  const updated = addAdam(graph, slots, slope, settings, inputs, before);
  if (average === undefined) return updated;
  const value = readVariable(graph, parameters.handle, gradient.shape, [updated]);
  const difference = binary(graph, 'Sub', value, average.value);
  const change = binary(graph, 'Mul', difference, inputs.averageRate);
  return assign(graph, 'AssignAddVariableOp', average.handle, change, [gate]);
}

function addAdam(
  graph: Graph,
  { parameters, firstMoment, secondMoment }: Slots,
  gradient: Output,
  { beta1, beta2 }: OptimizerSettings,
  { stepSize, epsilon }: UpdateInputs,
  before: Node,
): Node {
  const handles = [parameters, firstMoment, secondMoment].map(({ handle }) => handle);
  // stepSize holds the bias correction, so that TensorFlow's own, of these powers, is 1.
  const power = graph.scalar(0);
  const numbers = [power, power, stepSize, graph.scalar(beta1), graph.scalar(beta2), epsilon];
  const no = { kind: 'bool', value: false } as const;
  return graph.add('ResourceApplyAdam', [...handles, ...numbers, gradient], [], {
    attributes: { ...FLOATS, use_locking: no, use_nesterov: no },
    controls: [before],
  });
}

/**
 * Lets a node run only when a number is finite: the one that `run` makes, after the gate.
 * @returns 1 when it ran, else 0
 */
export function whenFinite(graph: Graph, value: Output, run: (gate: Node) => Node): Output {
  const bool = { shape: [], dtype: BOOL } as const;
  const bools = { T: { kind: 'type', value: BOOL } } as const;
  const finite = graph.one('IsFinite', [value], bool, { attributes: FLOATS });
  const [no, yes] = graph.add('Switch', [finite, finite], [bool, bool], { attributes: bools })
    .outputs as [Output, Output];
  const gate = (branch: Output) =>
    graph.one('Identity', [branch], bool, { attributes: bools }).node;
  const number = (result: number, control: Node) =>
    graph.one('Identity', [graph.scalar(result)], SCALAR, {
      attributes: FLOATS,
      controls: [control],
    });
  const results = [number(0, gate(no)), number(1, run(gate(yes)))];
  const signatures = [SCALAR, { shape: [], dtype: INT32 }] as const;
  const attributes = { ...FLOATS, N: { kind: 'int', value: results.length } } as const;
  return graph.add('Merge', results, signatures, { attributes }).outputs[0] as Output;
}

/** Several numbers as one vector, so that one tensor is fetched. */
export function pack(graph: Graph, numbers: readonly Output[]): Output {
  const attributes = {
    ...FLOATS,
    N: { kind: 'int', value: numbers.length },
    axis: { kind: 'int', value: 0 },
  } as const;
  return graph.one('Pack', numbers, { shape: [numbers.length], dtype: FLOAT }, { attributes });
}

/** Of two operands, the first of which has the shape of the result. */
export function binary(graph: Graph, op: string, a: Output, b: Output): Output {
  return graph.one(op, [a, b], { shape: a.shape, dtype: FLOAT }, { attributes: FLOATS });
}

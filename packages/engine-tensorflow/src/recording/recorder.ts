import { MmsrError } from '@mmsr/core';
import type { DataType } from '../graph/data-types.js';
import {
  constantElements,
  sizeOf,
  type Attribute,
  type Graph,
  type Node,
  type Output,
  type Shape,
} from '../graph/graph.js';
import type {
  Binding,
  BindingAttribute,
  TensorId,
  TensorMetadata,
  TensorValues,
} from '../native/binding.js';
import { NotRecordable, type Operation, type Signature } from './shape-rule.js';
import { SHAPE_RULES } from './shape-rules.js';
import { simplify } from './simplify.js';

const RUN_EAGERLY =
  'Set `engine: {name: tensorflow, compile: false}` to run it operation by operation.';

/**
 * Stands in the place of tfjs-node's binding while a network's code runs once: each operation becomes a
 * node of the graph and is answered with the shape that a rule gives. Nothing is computed.
 */
export class Recorder implements Binding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
  readonly #tensors = new Map<TensorId, Output>();
  readonly #parameters = new Map<Node, string>();
  readonly #kinds: ReadonlyMap<number, Attribute['kind']>;
  /** Nodes that depend on what is fed to a step. */
  readonly #ofImages = new Set<Node>();
  #latest: Node | undefined;
  #nextId = 1;
  #expected: Output | undefined;

  constructor(
    private readonly real: Binding,
    readonly graph: Graph,
  ) {
    this.TF_FLOAT = real.TF_FLOAT;
    this.TF_INT32 = real.TF_INT32;
    this.TF_BOOL = real.TF_BOOL;
    this.TF_ATTR_STRING = real.TF_ATTR_STRING;
    this.TF_ATTR_INT = real.TF_ATTR_INT;
    this.TF_ATTR_FLOAT = real.TF_ATTR_FLOAT;
    this.TF_ATTR_BOOL = real.TF_ATTR_BOOL;
    this.TF_ATTR_TYPE = real.TF_ATTR_TYPE;
    this.TF_ATTR_SHAPE = real.TF_ATTR_SHAPE;
    this.TF_Version = real.TF_Version;
    this.#kinds = attributeKinds(real);
  }

  /** Says which parameter an output is, for errors. */
  nameOf(output: Output, parameter: string): void {
    this.#parameters.set(output.node, parameter);
  }

  /** While `upload` runs, what is uploaded is this output and not a constant. */
  as(output: Output, upload: () => void): void {
    this.#expected = output;
    try {
      upload();
    } finally {
      this.#expected = undefined;
    }
  }

  /** The node's output behind a tensor that was made while recording. */
  output(id: TensorId): Output {
    const found = this.#tensors.get(id);
    if (found === undefined) throw new Error(`tensor ${id} was not made while recording`);
    return found;
  }

  createTensor(shape: Shape, dtype: number, values: TensorValues): TensorId {
    return this.#keep(this.#expected ?? this.graph.constant(values, [...shape], dtype as DataType));
  }

  deleteTensor(id: TensorId): void {
    this.#tensors.delete(id);
  }

  /** Constants can be read; what is computed cannot. */
  tensorDataSync(id: TensorId): TensorValues {
    const output = this.output(id);
    const values = constantElements(output);
    if (values !== undefined) return values;
    throw this.#error(output.node.op, [output], 'its values are read before the step ends');
  }

  executeOp(
    name: string,
    attributes: readonly BindingAttribute[],
    inputs: readonly TensorId[],
  ): TensorMetadata[] {
    const operation: Operation = {
      name,
      inputs: inputs.map((id) => this.output(id)),
      attributes: new Map(attributes.map((attribute) => this.#attribute(attribute))),
    };
    const first = this.graph.nodes.length;
    const outputs = this.#record(operation);
    this.#pace(this.graph.nodes.slice(first));
    return outputs.map((output) => ({
      id: this.#keep(output),
      shape: [...output.shape],
      dtype: output.dtype,
    }));
  }

  /** What the network must not do while it is recorded: its random numbers would be the same for ever. */
  refuseRandom(): never {
    const last = this.graph.nodes.at(-1)?.outputs ?? [];
    throw this.#error('a random number', last, 'it would be the same in every step', {
      advice: 'Draw it with pass.uniform, which is fed to each step anew.',
    });
  }

  isUsingGpuDevice(): boolean {
    return this.real.isUsingGpuDevice();
  }

  loadSavedModel(): number {
    throw new Error('a SavedModel cannot be loaded while recording');
  }

  deleteSavedModel(): void {
    this.loadSavedModel();
  }

  runSavedModel(): TensorMetadata[] {
    throw new Error('a SavedModel cannot be run while recording');
  }

  #record(operation: Operation): readonly Output[] {
    const { name, inputs, attributes } = operation;
    const rule = SHAPE_RULES.get(name);
    if (rule === undefined) {
      throw this.#error(name, inputs, 'there is no shape rule for it');
    }
    let signatures: Signature[];
    try {
      signatures = rule(operation);
    } catch (error) {
      if (error instanceof NotRecordable) throw this.#error(name, inputs, error.message);
      throw error;
    }
    return (
      simplify(this.graph, operation, signatures) ??
      this.graph.add(name, inputs, signatures, { attributes: Object.fromEntries(attributes) })
        .outputs
    );
  }

  /**
   * TensorFlow runs a node as soon as it can. Large ones that need no image, such as the attention biases
   * of all layers, would run at once when a step begins, and their results would wait in memory. They are
   * made to wait for what was recorded before them.
   */
  #pace(added: readonly Node[]): void {
    for (const node of added) {
      if (node.op === 'Const') continue;
      if (node.inputs.some((input) => this.#follows(input.node))) {
        this.#ofImages.add(node);
        // What TensorFlow fuses with the next node must not have others waiting for it.
        if (!FUSED.has(node.op)) this.#latest = node;
      } else if (this.#latest !== undefined && node.outputs.some(isLarge)) {
        this.graph.delay(node, this.#latest);
      }
    }
  }

  #follows(node: Node): boolean {
    return node.op === 'Placeholder' || this.#ofImages.has(node);
  }

  #attribute({ name, type, value }: BindingAttribute): [string, Attribute] {
    const kind = this.#kinds.get(type);
    if (kind === undefined) throw new Error(`attribute ${name} is of the unknown type ${type}`);
    return [name, { kind, value } as Attribute];
  }

  #keep(output: Output): TensorId {
    const id = this.#nextId++;
    this.#tensors.set(id, output);
    return id;
  }

  #error(
    operation: string,
    inputs: readonly Output[],
    reason: string,
    { advice = RUN_EAGERLY } = {},
  ): MmsrError {
    const layer = this.#nearestParameter(inputs);
    const place = layer === undefined ? '' : ` (after "${layer}")`;
    return new MmsrError('E_ENGINE', `${operation}${place} cannot be compiled: ${reason}`, {
      where: 'engine',
      advice,
    });
  }

  /** Tells where in the network an operation stands: the parameter that its inputs last came by. */
  #nearestParameter(inputs: readonly Output[]): string | undefined {
    const seen = new Set<Node>();
    let front = inputs.map(({ node }) => node);
    while (front.length > 0) {
      const named = front.map((node) => this.#parameters.get(node)).filter(Boolean);
      if (named.length > 0) return named.at(-1);
      for (const node of front) seen.add(node);
      front = front
        .flatMap((node) => node.inputs.map((input) => input.node))
        .filter((node) => !seen.has(node));
    }
    return undefined;
  }
}

const FUSED = new Set(['Conv2D', 'MatMul', 'BatchMatMulV2', 'BiasAdd']);

function isLarge({ shape }: Output): boolean {
  return sizeOf(shape) > 2 ** 16;
}

/** By the binding's numbers of them. */
export function attributeKinds(binding: Binding): ReadonlyMap<number, Attribute['kind']> {
  return new Map<number, Attribute['kind']>([
    [binding.TF_ATTR_STRING, 'string'],
    [binding.TF_ATTR_INT, 'int'],
    [binding.TF_ATTR_FLOAT, 'float'],
    [binding.TF_ATTR_BOOL, 'bool'],
    [binding.TF_ATTR_TYPE, 'type'],
    [binding.TF_ATTR_SHAPE, 'shape'],
  ]);
}

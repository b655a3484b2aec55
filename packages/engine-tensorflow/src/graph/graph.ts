import { BOOL, FLOAT, INT32, type DataType } from './data-types.js';

export type Shape = readonly number[];

/** What an attribute of each kind is. */
export interface AttributeValues {
  readonly string: string | readonly string[];
  readonly int: number | readonly number[];
  readonly float: number | readonly number[];
  readonly bool: boolean | readonly boolean[];
  readonly type: number | readonly number[];
  readonly shape: Shape;
  readonly tensor: ConstantValue;
}

type AttributeOf<Kind extends keyof AttributeValues> = {
  readonly kind: Kind;
  readonly value: AttributeValues[Kind];
};

/** An attribute of an operation, with the kind that its protobuf message has a field for. */
export type Attribute = {
  [Kind in keyof AttributeValues]: AttributeOf<Kind>;
}[keyof AttributeValues];

export type Attributes = ReadonlyMap<string, Attribute>;
export type ConstantArray = Float32Array | Int32Array | Uint8Array;

/** Values of a constant; one value alone stands for a tensor that is filled with it. */
export interface ConstantValue {
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly values: ConstantArray;
}

/** One output of a node. */
export interface Output {
  readonly node: Node;
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DataType;
}

/** One operation. */
export interface Node {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Output[];
  readonly attributes: Attributes;
  /** Run before this one, for their effects. */
  readonly controls: readonly Node[];
  readonly outputs: readonly Output[];
}

export interface NodeOptions {
  readonly attributes?: Record<string, Attribute>;
  readonly controls?: readonly Node[];
  /** By default the operation's name and a number. */
  readonly name?: string;
}

type Signature = Pick<Output, 'shape' | 'dtype'>;

/** Constants of no more values are there once: shapes and numbers, by the thousand. */
const SHARED_LENGTH = 16;

/** Not an operation of TensorFlow: stands for its input, and is gone when the graph is loaded. */
const ALIAS = 'Alias';

/** A dataflow graph of TensorFlow operations; nodes are added in an order in which they can run. */
export class Graph {
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Output>();

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  add(
    op: string,
    inputs: readonly Output[],
    outputs: readonly Signature[],
    { attributes = {}, controls = [], name = `${op}_${this.#nodes.length}` }: NodeOptions = {},
  ): Node {
    const made: Output[] = [];
    const node: Node = {
      name,
      op,
      inputs,
      attributes: new Map(Object.entries(attributes)),
      controls: [...controls],
      outputs: made,
    };
    made.push(...outputs.map(({ shape, dtype }, index) => ({ node, index, shape, dtype })));
    this.#nodes.push(node);
    return node;
  }

  /** The output that this one is another form of; itself, where there is none. */
  source(output: Output): Output {
    return output;
  }

  /** Adds an operation of one output. */
  one(op: string, inputs: readonly Output[], output: Signature, options?: NodeOptions): Output {
    return this.add(op, inputs, [output], options).outputs[0] as Output;
  }

  /** An output that is defined later, as another one. */
  later(signature: Signature): { output: Output; define: (value: Output) => void } {
    const inputs: Output[] = [];
    const output = this.one(ALIAS, inputs, signature);
    return { output, define: (value) => inputs.push(value) };
  }

  /** A constant, copied; an array that repeats one value is stored as that value. */
  constant(values: ConstantArray, shape: Shape, dtype: DataType): Output {
    const uniform = values.length > 1 && isUniform(values);
    const value = { dtype, shape, values: values.slice(0, uniform ? 1 : undefined) };
    if (value.values.length > SHARED_LENGTH) return this.#addConstant(value);
    const key = `${dtype} [${shape.join()}] ${value.values.join()}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const added = this.#addConstant(value);
    this.#constants.set(key, added);
    return added;
  }

  #addConstant(value: ConstantValue): Output {
    const { dtype, shape } = value;
    const attributes = {
      dtype: { kind: 'type', value: dtype },
      value: { kind: 'tensor', value },
    } as const;
    return this.one('Const', [], { shape, dtype }, { attributes });
  }

  /** Makes a node wait for another one, which was added before it. */
  delay(node: Node, until: Node): void {
    (node.controls as Node[]).push(until);
  }

  scalar(value: number): Output {
    return this.constant(Float32Array.of(value), [], FLOAT);
  }

  int32(values: readonly number[]): Output {
    return this.constant(Int32Array.from(values), [values.length], INT32);
  }

  bool(value: boolean): Output {
    return this.constant(Uint8Array.of(Number(value)), [], BOOL);
  }

  placeholder(name: string, shape: Shape, dtype: DataType): Output {
    const attributes = {
      dtype: { kind: 'type', value: dtype },
      shape: { kind: 'shape', value: shape },
    } as const;
    return this.one('Placeholder', [], { shape, dtype }, { attributes, name });
  }
}

function isUniform(values: ConstantArray): boolean {
  const first = values[0];
  for (let i = values.length - 1; i > 0; i--) if (values[i] !== first) return false;
  return true;
}

/** The values of a constant, or undefined when a node computes it. */
export function constantValue({ node }: Output): ConstantValue | undefined {
  const value = node.op === 'Const' ? node.attributes.get('value') : undefined;
  return value?.kind === 'tensor' ? value.value : undefined;
}

/** All values of a constant, one for each element. */
export function constantElements(output: Output): ConstantArray | undefined {
  const constant = constantValue(output);
  if (constant === undefined) return undefined;
  const size = sizeOf(constant.shape);
  const { values } = constant;
  if (values.length === size) return values;
  const filled = constant.dtype === FLOAT ? new Float32Array(size) : new Int32Array(size);
  return filled.fill(values[0] as number);
}

/** The one value that fills the tensor, or undefined. */
export function uniformValue(output: Output): number | undefined {
  const constant = constantValue(output);
  return constant?.values.length === 1 ? constant.values[0] : undefined;
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

/** The output that an alias stands for. */
export function resolved(output: Output): Output {
  let found = output;
  while (found.node.op === ALIAS) {
    const [value] = found.node.inputs;
    if (value === undefined) throw new Error(`${found.node.name} was never defined`);
    found = value;
  }
  return found;
}

/** The nodes that the roots depend on, without aliases. */
export function reachable(graph: Graph, roots: readonly Node[]): Node[] {
  const needed = new Set<Node>();
  const open = [...roots];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const input of node.inputs) open.push(resolved(input).node);
    open.push(...node.controls);
  }
  return graph.nodes.filter((node) => needed.has(node) && node.op !== ALIAS);
}

import { BFLOAT16, FLOAT, INT32 } from './data-types.js';
import { Graph, sizeOf, type Node, type NodeOptions, type Output, type Shape } from './graph.js';

/** Computed in bfloat16. */
const CONTRACTIONS = new Set([
  'Conv2D',
  'Conv2DBackpropInput',
  'Conv2DBackpropFilter',
  'MatMul',
  'BatchMatMulV2',
]);

/** Left in bfloat16 when what goes in is: what happens between convolutions. */
const BETWEEN = new Set([
  'BiasAdd',
  'BiasAddGrad',
  'Relu',
  'ReluGrad',
  'LeakyRelu',
  'LeakyReluGrad',
  'Sigmoid',
  'SigmoidGrad',
  'AddV2',
  'Sub',
  'Mul',
  'Neg',
  'Reshape',
  'Transpose',
  'SplitV',
  'ConcatV2',
  'Slice',
]);

/** Operands this many times smaller than the result, as weights of channels, are rounded for it. */
const SMALLER = 16;

/** Colours are not features: convolutions of so few channels cost nothing, and rounding them shows. */
const COLOURS = 4;

type Signature = Pick<Output, 'shape' | 'dtype'>;

/**
 * A graph of float32 tensors in which convolutions and matrix products compute in bfloat16. Whoever reads
 * one of their results as float32 gets a cast of it; losses, normalisations and reductions do.
 */
export class Bfloat16Graph extends Graph {
  readonly #narrow = new Map<Output, Output>();
  readonly #casts = new Map<Output, Output>();
  #narrowing = false;

  override add(
    op: string,
    inputs: readonly Output[],
    outputs: readonly Signature[],
    options: NodeOptions = {},
  ): Node {
    const [x] = inputs;
    if (!this.#narrowing && op === 'BiasAddGrad' && x?.shape.length === 2 && this.#narrow.has(x)) {
      return this.#sumRows(x);
    }
    if (this.#narrowing || !this.#isNarrow(op, inputs, outputs)) {
      return super.add(op, inputs, outputs, options);
    }
    this.#narrowing = true;
    const node = this.#addNarrow(op, inputs, outputs, options);
    this.#narrowing = false;
    return node;
  }

  override source(output: Output): Output {
    return this.#narrow.get(output) ?? output;
  }

  #isNarrow(op: string, inputs: readonly Output[], outputs: readonly Signature[]): boolean {
    if (CONTRACTIONS.has(op)) return !isOfColours(op, inputs, outputs);
    if (!BETWEEN.has(op)) return false;
    const floats = inputs.filter(({ dtype }) => dtype === FLOAT);
    const wide = floats.filter((input) => !this.#narrow.has(input));
    if (wide.length === floats.length) return false;
    const size = sizeOf(outputs[0]?.shape as Shape);
    return wide.every(({ shape }) => op === 'BiasAdd' || sizeOf(shape) * SMALLER <= size);
  }

  #addNarrow(
    op: string,
    inputs: readonly Output[],
    outputs: readonly Signature[],
    options: NodeOptions,
  ): Node {
    const node = super.add(
      op,
      inputs.map((input) => (input.dtype === FLOAT ? this.#cast(input) : input)),
      outputs.map(({ shape, dtype }) => ({ shape, dtype: dtype === FLOAT ? BFLOAT16 : dtype })),
      {
        ...options,
        attributes: { ...options.attributes, T: { kind: 'type', value: BFLOAT16 } },
      },
    );
    const wide = node.outputs.map((output) => {
      const cast = castTo(this, output, FLOAT);
      this.#narrow.set(cast, output);
      return cast;
    });
    return { ...node, outputs: wide };
  }

  /**
   * TensorFlow's BiasAddGrad adds up in bfloat16, but with the gradient of a convolution's filter, which
   * takes it over. A product with ones adds up in float32.
   */
  #sumRows(x: Output): Node {
    const [rows, columns] = x.shape as [number, number];
    const ones = this.constant(new Float32Array(rows).fill(1), [1, rows], FLOAT);
    const no = { kind: 'bool', value: false } as const;
    const sum = this.one(
      'MatMul',
      [ones, x],
      { shape: [1, columns], dtype: FLOAT },
      {
        attributes: { T: { kind: 'type', value: FLOAT }, transpose_a: no, transpose_b: no },
      },
    );
    return this.add('Reshape', [sum, this.int32([columns])], [{ shape: [columns], dtype: FLOAT }], {
      attributes: { T: { kind: 'type', value: FLOAT }, Tshape: { kind: 'type', value: INT32 } },
    });
  }

  /** Memoized, but not among the results: what is wide by itself stays so for other operations. */
  #cast(input: Output): Output {
    const known = this.#narrow.get(input) ?? this.#casts.get(input);
    if (known !== undefined) return known;
    const cast = castTo(this, input, BFLOAT16);
    this.#casts.set(input, cast);
    return cast;
  }
}

function castTo(graph: Graph, input: Output, dtype: typeof FLOAT | typeof BFLOAT16): Output {
  return graph.one(
    'Cast',
    [input],
    { shape: input.shape, dtype },
    {
      attributes: {
        SrcT: { kind: 'type', value: input.dtype },
        DstT: { kind: 'type', value: dtype },
        Truncate: { kind: 'bool', value: false },
      },
    },
  );
}

function isOfColours(
  op: string,
  inputs: readonly Output[],
  outputs: readonly Signature[],
): boolean {
  if (op === 'MatMul' || op === 'BatchMatMulV2') return false;
  const filter = op === 'Conv2DBackpropFilter' ? outputs[0] : inputs[1];
  const [, , inChannels, outChannels] = filter?.shape as Shape as [number, number, number, number];
  return Math.max(inChannels, outChannels) <= COLOURS;
}

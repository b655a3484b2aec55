import * as tf from '../tf.js';
import { MmsrError } from '../errors.js';
import { randomStream } from '../random/random-stream.js';
import type { Initializer } from './initializers.js';

/**
 * How a parameter's tfjs layout relates to PyTorch's, in which it is stored:
 * conv2d [kh, kw, in, out] to [out, in, kh, kw]; linear [in, out] to [out, in]; plain is the same.
 */
export type ParameterLayout = 'conv2d' | 'linear' | 'plain';

export interface ParameterOptions {
  readonly layout?: ParameterLayout;
  /** False for what is stored with the weights but never updated, such as a mean shift. Default true. */
  readonly trainable?: boolean;
}

/** One named array of the network. The tensor is made when it is first used, on the backend of then. */
export class Parameter {
  #variable: tf.Variable | undefined;
  #initial: Float32Array | undefined;

  constructor(
    /** Name as in the published state_dict. */
    readonly name: string,
    /** Shape in tfjs layout. */
    readonly shape: readonly number[],
    readonly layout: ParameterLayout,
    readonly trainable: boolean,
    private readonly initialize: () => Float32Array,
  ) {}

  get size(): number {
    return this.shape.reduce((product, side) => product * side, 1);
  }

  /** The initial value, in tfjs layout. */
  get initial(): Float32Array {
    this.#initial ??= this.initialize();
    return this.#initial;
  }

  get variable(): tf.Variable {
    this.#variable ??= tf.tidy(() =>
      tf.variable(tf.tensor(this.initial, [...this.shape]), this.trainable),
    );
    return this.#variable;
  }

  /** The value as a tensor, to compute with. */
  read<Rank extends tf.Rank = tf.Rank>(): tf.Tensor<Rank> {
    return this.variable as unknown as tf.Tensor<Rank>;
  }

  assign(values: Float32Array): void {
    const tensor = tf.tensor(values, [...this.shape]);
    this.variable.assign(tensor);
    tensor.dispose();
  }

  dispose(): void {
    this.#variable?.dispose();
    this.#variable = undefined;
  }
}

/**
 * Names to parameters. A scope adds its path to the names declared through it; all scopes of a model
 * share one list, in order of declaration.
 */
export class ParameterScope {
  readonly #parameters: Map<string, Parameter>;

  private constructor(
    private readonly seed: number,
    private readonly path: string,
    parameters: Map<string, Parameter>,
  ) {
    this.#parameters = parameters;
  }

  /** @param seed what the initial weights follow from, each by its own name */
  static root(seed: number): ParameterScope {
    return new ParameterScope(seed, '', new Map());
  }

  scope(name: string | number): ParameterScope {
    return new ParameterScope(this.seed, `${this.path}${name}.`, this.#parameters);
  }

  /** The full name of something in this scope, such as the purpose of a random mask. */
  nameOf(name: string): string {
    return this.path + name;
  }

  /**
   * Declares a parameter.
   * @param name last part of the name, such as `weight`
   * @param shape in tfjs layout
   * @throws MmsrError E_BACKBONE when the name is taken
   */
  parameter(
    name: string,
    shape: readonly number[],
    initializer: Initializer,
    { layout = 'plain', trainable = true }: ParameterOptions = {},
  ): Parameter {
    const fullName = this.nameOf(name);
    if (this.#parameters.has(fullName)) {
      throw new MmsrError('E_BACKBONE', `the parameter "${fullName}" is declared twice`, {
        advice: 'Give each layer a scope of its own.',
      });
    }
    const initialize = () =>
      initializer(shape, layout, randomStream(this.seed, `initial weight ${fullName}`));
    const parameter = new Parameter(fullName, shape, layout, trainable, initialize);
    this.#parameters.set(fullName, parameter);
    return parameter;
  }

  /** Every parameter declared so far, in any scope of this model. */
  get all(): Parameter[] {
    return [...this.#parameters.values()];
  }

  get trainable(): Parameter[] {
    return this.all.filter((parameter) => parameter.trainable);
  }

  /** Number of trainable scalars. */
  get count(): number {
    return this.trainable.reduce((sum, parameter) => sum + parameter.size, 0);
  }

  dispose(): void {
    for (const parameter of this.#parameters.values()) parameter.dispose();
  }
}

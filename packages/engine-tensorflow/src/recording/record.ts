import { tf, type ForwardPass, type Parameter } from '@mmsr/core';
import { FLOAT, INT32 } from '../graph/data-types.js';
import type { FlatLayout } from '../graph/flat-layout.js';
import { Bfloat16Graph } from '../graph/bfloat16-graph.js';
import { Graph, type Output } from '../graph/graph.js';
import { splitFlat } from '../graph/variables.js';
import type { NodeBackend } from '../native/node-backend.js';
import { withFusedGradients } from './fused-gradients.js';
import { Recorder } from './recorder.js';

/** Random numbers that the graph is fed with, each time new ones. */
export interface RandomInput {
  readonly purpose: string;
  readonly input: Output;
}

/** Of convolutions and matrix products; all else is float32. */
export type Precision = 'float32' | 'bfloat16';

/** Records into a graph what `code` computes with tensors; see `Recording`. */
export function record<T>(
  backend: NodeBackend,
  precision: Precision,
  parameters: readonly Parameter[],
  code: (recording: Recording) => T,
): T {
  const recorder = new Recorder(
    backend.binding,
    precision === 'bfloat16' ? new Bfloat16Graph() : new Graph(),
  );
  const real = backend.binding;
  // Tensors of the parameters belong to either binding: they are made anew for the other one.
  for (const parameter of parameters) parameter.dispose();
  backend.binding = recorder;
  tf.engine().startScope('record');
  try {
    return withoutRandomness(recorder, () =>
      withFusedGradients(backend, () => code(new Recording(backend, recorder, parameters))),
    );
  } finally {
    tf.engine().endScope();
    for (const parameter of parameters) parameter.dispose();
    backend.binding = real;
  }
}

/** tfjs seeds its random numbers with Math.random. */
function withoutRandomness<T>(recorder: Recorder, run: () => T): T {
  const { random } = Math;
  Math.random = () => recorder.refuseRandom();
  try {
    return run();
  } finally {
    Math.random = random;
  }
}

/** What the code that is recorded can ask for. */
export class Recording {
  readonly #parameters = new Map<string, (value: Output) => void>();
  readonly #random: RandomInput[] = [];

  constructor(
    private readonly backend: NodeBackend,
    private readonly recorder: Recorder,
    parameters: readonly Parameter[],
  ) {
    for (const { name, shape, variable } of parameters) {
      const { output, define } = this.graph.later({ shape, dtype: FLOAT });
      recorder.nameOf(output, name);
      this.#upload(output, variable);
      this.#parameters.set(name, define);
    }
  }

  /** Says what the parameters of a layout are: parts of a vector. */
  defineParameters(flat: Output, layout: FlatLayout): void {
    splitFlat(this.graph, flat, layout).forEach((value, i) => {
      const { name } = layout.places[i] as Parameter;
      this.#parameters.get(name)?.(value);
    });
  }

  get graph() {
    return this.recorder.graph;
  }

  get random(): readonly RandomInput[] {
    return this.#random;
  }

  /** A tensor that is an input of the graph. */
  input<R extends tf.Rank>(
    name: string,
    shape: number[],
    dtype: 'float32' | 'int32' = 'float32',
  ): { output: Output; tensor: tf.Tensor<R> } {
    const type = dtype === 'float32' ? FLOAT : INT32;
    const output = this.graph.placeholder(name, shape, type);
    const size = shape.reduce((product, side) => product * side, 1);
    const values = dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
    const tensor = tf.tensor<R>(values, shape as never, dtype);
    this.#upload(output, tensor);
    return { output, tensor };
  }

  /** The pass of a training step: random numbers are inputs of the graph. */
  trainingPass(): ForwardPass {
    return {
      training: true,
      uniform: (purpose, shape) => {
        const { output, tensor } = this.input(`random/${this.#random.length}`, shape);
        this.#random.push({ purpose, input: output });
        return tensor;
      },
      tap: () => undefined,
    };
  }

  /** The output of the graph that a tensor stands for. */
  outputOf(tensor: tf.Tensor): Output {
    const [id] = this.backend.getInputTensorIds([tensor]) as [number];
    return this.recorder.output(id);
  }

  #upload(output: Output, tensor: tf.Tensor): void {
    this.recorder.as(output, () => this.backend.getInputTensorIds([tensor]));
  }
}

import {
  assertMatch,
  evaluationPass,
  initialArrays,
  type Inference,
  type InferenceDefinition,
  type NamedArrays,
  type Prediction,
  type tf,
} from '@mmsr/core';
import type { Graph, Output } from '../graph/graph.js';
import { FlatLayout } from '../graph/flat-layout.js';
import { Session } from '../graph/session.js';
import { addVariable, type Variable } from '../graph/variables.js';
import type { NodeBackend } from '../native/node-backend.js';
import { record, type Precision } from '../recording/record.js';

type ImageShape = readonly [number, number, number, 3];

/** Graphs for this many shapes of images are kept; each has its own copy of the weights. */
const KEPT = 4;

interface InferenceGraph {
  readonly graph: Graph;
  readonly lr: Output;
  readonly results: readonly Output[];
  readonly weights: Variable;
}

interface Compiled {
  readonly graph: InferenceGraph;
  readonly session: Session;
}

/** Predictions by one graph for each shape of images. */
class CompiledInference implements Inference {
  /** By shape, the one used last at the end. */
  readonly #compiled = new Map<string, Compiled>();
  readonly #layout: FlatLayout;
  #weights: Float32Array;

  constructor(
    private readonly backend: NodeBackend,
    private readonly precision: Precision,
    private readonly definition: InferenceDefinition,
  ) {
    const { all } = definition.parameters;
    this.#layout = new FlatLayout(all);
    this.#weights = this.#layout.join(initialArrays(all));
  }

  async load(values: NamedArrays): Promise<void> {
    assertMatch(this.definition.parameters.all, values, 'weights');
    this.#weights = this.#layout.join(values);
    for (const compiled of this.#compiled.values()) this.#loadInto(compiled);
  }

  async predict(lr: Float32Array, shape: ImageShape): Promise<Prediction> {
    const { graph, session } = this.#for(shape);
    const [sr, logits] = session.run(graph.results, new Map([[graph.lr, lr]])) as Float32Array[];
    return { sr: sr as Float32Array, ...(logits === undefined ? {} : { logits }) };
  }

  dispose(): void {
    for (const { session } of this.#compiled.values()) session.dispose();
    this.#compiled.clear();
    this.definition.parameters.dispose();
  }

  #for(shape: ImageShape): Compiled {
    const key = shape.join('x');
    const known = this.#compiled.get(key);
    if (known !== undefined) {
      this.#compiled.delete(key);
      this.#compiled.set(key, known);
      return known;
    }
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size >= KEPT && oldest !== undefined) {
      this.#compiled.get(oldest)?.session.dispose();
      this.#compiled.delete(oldest);
    }
    const graph = recordInference(
      this.backend,
      this.precision,
      this.definition,
      this.#layout,
      shape,
    );
    const compiled = { graph, session: openSession(this.backend, graph) };
    this.#loadInto(compiled);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #loadInto({ graph: { weights }, session }: Compiled): void {
    session.run([weights.loaded], new Map([[weights.input, this.#weights]]));
  }
}

function openSession(backend: NodeBackend, { graph, results, weights }: InferenceGraph): Session {
  return new Session(backend.binding, graph, [...results, weights.loaded]);
}

function recordInference(
  backend: NodeBackend,
  precision: Precision,
  definition: InferenceDefinition,
  layout: FlatLayout,
  shape: ImageShape,
): InferenceGraph {
  return record(backend, precision, definition.parameters.all, (recording) => {
    const { graph } = recording;
    const weights = addVariable(graph, 'weights', layout.size);
    recording.defineParameters(weights.value, layout);
    const lr = recording.input<tf.Rank.R4>('lr', [...shape]);
    const { sr, logits } = definition.forward(lr.tensor, evaluationPass);
    const results = [sr, ...(logits === undefined ? [] : [logits])];
    return {
      graph,
      lr: lr.output,
      results: results.map((tensor) => recording.outputOf(tensor)),
      weights,
    };
  });
}

/** Inference that runs as graphs, each made when the first image of its shape is seen. */
export function createCompiledInference(
  backend: NodeBackend,
  precision: Precision,
  definition: InferenceDefinition,
): Inference {
  return new CompiledInference(backend, precision, definition);
}

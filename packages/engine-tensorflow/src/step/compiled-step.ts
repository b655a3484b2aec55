import {
  assertFinite,
  assertMatch,
  copyArrays,
  initialArrays,
  uniformNumbers,
  zeroArrays,
  type Batch,
  type NamedArrays,
  type StepReport,
  type StepState,
  type TrainStep,
  type TrainStepDefinition,
} from '@mmsr/core';
import type { Output } from '../graph/graph.js';
import { Session } from '../graph/session.js';
import type { TensorValues } from '../native/binding.js';
import type { NodeBackend } from '../native/node-backend.js';
import type { FlatLayout } from '../graph/flat-layout.js';
import type { Variable } from '../graph/variables.js';
import type { Precision, RandomInput } from '../recording/record.js';
import {
  createTrainGraph,
  type BatchShape,
  type DiagnosisGraph,
  type TrainGraph,
} from './train-graph.js';

type Feed = [Output, TensorValues];

/** The graph that is loaded, and what it was made for. */
interface Running {
  readonly shape: BatchShape;
  readonly graph: TrainGraph;
  readonly session: Session;
}

/**
 * A training step as one TensorFlow graph. Parameters, moments and averages are variables of its session;
 * JavaScript has them only before the first step, when nothing is known of the batches, and on request.
 */
class CompiledStep implements TrainStep {
  #step = 0;
  #running: Running | undefined;
  /** The state while no session has it. */
  #held: StepState | undefined;

  constructor(
    private readonly backend: NodeBackend,
    private readonly precision: Precision,
    private readonly definition: TrainStepDefinition,
  ) {
    this.#held = initialState(definition);
  }

  async run(batches: readonly Batch[]): Promise<StepReport> {
    const [first] = batches;
    if (first === undefined) throw new RangeError('a training step needs at least one batch');
    const running = await this.#prepare(first, batches.length > 1);
    const step = this.#step + 1;
    const learningRate = this.definition.learningRate(step);
    const update = this.#updateFeeds(running.graph, learningRate, step);
    const report =
      batches.length === 1
        ? this.#update(running, first, update, step)
        : this.#accumulate(running, batches, update, step);
    this.#step = step;
    return { ...report, learningRate };
  }

  async diagnose(batches: readonly Batch[]): Promise<Record<string, number>> {
    const [batch] = batches;
    if (this.definition.diagnosis === undefined || batch === undefined) return {};
    const { graph, session } = await this.#prepare(batch, batches.length > 1);
    const { names, values, random } = graph.diagnosis as DiagnosisGraph;
    const feeds = new Map(this.#batchFeeds(graph.batch, random, batch, this.#step + 1, 0));
    const [measured] = session.run([values], feeds) as [TensorValues];
    return Object.fromEntries(names.map((name, i) => [name, measured[i] as number]));
  }

  /** Everything at once: loss, gradients, update. */
  #update(running: Running, batch: Batch, update: readonly Feed[], step: number) {
    const { graph, session } = running;
    const feeds = new Map([
      ...update,
      ...this.#batchFeeds(graph.batch, graph.random, batch, step, 0),
    ]);
    const [losses, norm, updated] = session.run([graph.losses, graph.norm, graph.updated], feeds);
    const result = named(graph, losses as TensorValues);
    const gradientNorm = first(norm);
    if (first(updated) !== 1) {
      const gradients = this.#gradients(running, feeds);
      assertFinite({ ...result, gradients }, gradientNorm, step);
      throw new Error(`step ${step} was refused though everything is finite`);
    }
    return { ...result, gradientNorm };
  }

  /** The gradients of each batch are added up in the session, then there is one update. */
  #accumulate(running: Running, batches: readonly Batch[], update: readonly Feed[], step: number) {
    const { graph, session } = running;
    const {
      first: isFirst,
      share,
      added,
    } = graph.accumulation as NonNullable<TrainGraph['accumulation']>;
    const results = batches.map((batch, slot) => {
      const feeds = new Map<Output, TensorValues>([
        [isFirst, Uint8Array.of(Number(slot === 0))],
        ...this.#batchFeeds(graph.batch, graph.random, batch, step, slot),
      ]);
      const [losses] = session.run([graph.losses, added], feeds);
      const result = named(graph, losses as TensorValues);
      if (!Number.isFinite(result.total)) {
        assertFinite({ ...result, gradients: new Map() }, NaN, step);
      }
      return { result, feeds };
    });
    const feeds = new Map([...update, [share, Float32Array.of(1 / batches.length)] as Feed]);
    const [norm, updated] = session.run([graph.norm, graph.updated], feeds);
    const gradientNorm = first(norm);
    if (first(updated) !== 1) {
      const [last] = results.slice(-1) as [(typeof results)[number]];
      assertFinite(
        { ...last.result, gradients: this.#gradients(running, last.feeds) },
        gradientNorm,
        step,
      );
    }
    return { ...mean(results.map(({ result }) => result)), gradientNorm };
  }

  /** For the message on what is not finite: nothing was updated, so they can be computed again. */
  #gradients({ graph, session }: Running, feeds: ReadonlyMap<Output, TensorValues>) {
    const [flat] = session.run([graph.gradient], feeds) as [Float32Array];
    return graph.trained.split(flat);
  }

  #batchFeeds(
    { lr, hr, magnification }: TrainGraph['batch'],
    random: readonly RandomInput[],
    batch: Batch,
    step: number,
    slot: number,
  ): Feed[] {
    return [
      [lr, batch.lr],
      [hr, batch.hr],
      [magnification, batch.magnification],
      ...random.map(({ purpose, input }): Feed => {
        const { seed } = this.definition;
        return [input, uniformNumbers(seed, purpose, step, slot, input.shape)];
      }),
    ];
  }

  #updateFeeds({ update }: TrainGraph, learningRate: number, step: number): Feed[] {
    const { beta1, beta2, epsilon, weightDecay } = this.definition.optimizer;
    const rootCorrection = Math.sqrt(1 - beta2 ** step);
    const decay = Math.min(this.definition.ema ?? 0, (1 + step) / (10 + step));
    const scalars: [Output, number][] = [
      [update.stepSize, (learningRate * rootCorrection) / (1 - beta1 ** step)],
      [update.epsilon, epsilon * rootCorrection],
      [update.shrink, learningRate * weightDecay],
      [update.averageRate, 1 - decay],
    ];
    return scalars.map(([input, value]) => [input, Float32Array.of(value)]);
  }

  /** The graph for batches of this shape; another shape, or a change to accumulation, makes a new one. */
  async #prepare({ count, lrPx, hrPx }: Batch, accumulates: boolean): Promise<Running> {
    const shape: BatchShape = { count, lrPx, hrPx, accumulates };
    const running = this.#running;
    if (running !== undefined && sameBatch(running.shape, shape)) return running;
    const state = await this.exportState();
    running?.session.dispose();
    this.#running = undefined;
    this.#held = state;
    const graph = createTrainGraph(this.backend, this.precision, this.definition, shape);
    const session = new Session(this.backend.binding, graph.graph, resultsOf(graph));
    this.#running = { shape, graph, session };
    this.#load(this.#running, state);
    this.#held = undefined;
    return this.#running;
  }

  #load({ graph, session }: Running, state: StepState): void {
    const { trained, fixed, slots, fixedValues, accumulation } = graph;
    const values: [Variable | undefined, () => Float32Array][] = [
      [slots.parameters, () => trained.join(state.parameters)],
      [slots.firstMoment, () => trained.join(state.firstMoment)],
      [slots.secondMoment, () => trained.join(state.secondMoment)],
      [slots.average, () => trained.join(state.average as NamedArrays)],
      [fixedValues, () => fixed.join(state.parameters)],
      [accumulation?.sum, () => new Float32Array(trained.size)],
    ];
    const loads = values.flatMap(([variable, of]) => (variable ? [{ variable, of }] : []));
    session.run(
      loads.map(({ variable }) => variable.loaded),
      new Map(loads.map(({ variable, of }) => [variable.input, of()])),
    );
  }

  async exportState(): Promise<StepState> {
    if (this.#held !== undefined) return copyState(this.#held);
    const { graph, session } = this.#running as Running;
    const { trained, fixed, slots, fixedValues } = graph;
    const get = (variable: Variable | undefined, layout: FlatLayout) => {
      if (variable === undefined) return [];
      const [flat] = session.run([variable.value]) as [Float32Array];
      return [...layout.split(flat)];
    };
    const { all, trainable } = this.definition.parameters;
    const still = get(fixedValues, fixed);
    const inOrder = (names: readonly { name: string }[], arrays: NamedArrays) =>
      new Map(names.map(({ name }) => [name, arrays.get(name) as Float32Array]));
    // Trainable parameters on which the loss does not depend keep moments of zero.
    const moments = (variable: Variable) =>
      inOrder(trainable, new Map([...zeroArrays(trainable), ...get(variable, trained)]));
    return {
      step: this.#step,
      parameters: inOrder(all, new Map([...get(slots.parameters, trained), ...still])),
      firstMoment: moments(slots.firstMoment),
      secondMoment: moments(slots.secondMoment),
      ...(slots.average === undefined
        ? {}
        : { average: inOrder(all, new Map([...get(slots.average, trained), ...still])) }),
    };
  }

  async importState(state: StepState): Promise<void> {
    const { all, trainable } = this.definition.parameters;
    assertMatch(all, state.parameters, 'weights');
    assertMatch(trainable, state.firstMoment, 'first moments');
    assertMatch(trainable, state.secondMoment, 'second moments');
    if (this.definition.ema !== null) {
      assertMatch(all, state.average ?? new Map(), 'averaged weights');
    }
    this.#step = state.step;
    if (this.#running === undefined) this.#held = copyState(state);
    else this.#load(this.#running, state);
  }

  dispose(): void {
    this.#running?.session.dispose();
    this.#running = undefined;
    this.definition.parameters.dispose();
  }
}

function initialState({ parameters, ema }: TrainStepDefinition): StepState {
  const weights = initialArrays(parameters.all);
  return {
    step: 0,
    parameters: weights,
    firstMoment: zeroArrays(parameters.trainable),
    secondMoment: zeroArrays(parameters.trainable),
    ...(ema === null ? {} : { average: copyArrays(weights) }),
  };
}

function copyState(state: StepState): StepState {
  return {
    step: state.step,
    parameters: copyArrays(state.parameters),
    firstMoment: copyArrays(state.firstMoment),
    secondMoment: copyArrays(state.secondMoment),
    ...(state.average === undefined ? {} : { average: copyArrays(state.average) }),
  };
}

function sameBatch(a: BatchShape, b: BatchShape): boolean {
  return (
    a.count === b.count && a.lrPx === b.lrPx && a.hrPx === b.hrPx && a.accumulates === b.accumulates
  );
}

/** Everything that may be fetched; the rest is not loaded. */
function resultsOf(graph: TrainGraph): Output[] {
  const { losses, norm, updated, gradient, accumulation, slots, fixedValues } = graph;
  const { parameters, firstMoment, secondMoment, average } = slots;
  const variables = [
    parameters,
    firstMoment,
    secondMoment,
    average,
    fixedValues,
    accumulation?.sum,
  ].filter((variable) => variable !== undefined);
  return [
    losses,
    norm,
    updated,
    gradient,
    ...(accumulation === undefined ? [] : [accumulation.added]),
    ...(graph.diagnosis === undefined ? [] : [graph.diagnosis.values]),
    ...variables.flatMap(({ value, loaded }) => [value, loaded]),
  ];
}

function named({ terms }: TrainGraph, losses: TensorValues) {
  const entries = terms.map((name, i) => [name, losses[i + 1] as number]);
  return {
    total: losses[0] as number,
    terms: Object.fromEntries(entries) as Record<string, number>,
  };
}

function mean(results: readonly ReturnType<typeof named>[]): ReturnType<typeof named> {
  const average = (of: (result: ReturnType<typeof named>) => number) =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length;
  const names = Object.keys(results[0]?.terms ?? {});
  return {
    total: average(({ total }) => total),
    terms: Object.fromEntries(
      names.map((name) => [name, average(({ terms }) => terms[name] as number)]),
    ),
  };
}

function first(values: TensorValues | undefined): number {
  return (values as TensorValues)[0] as number;
}

/** A training step that runs as one graph, made when the first batch is seen. */
export function createCompiledStep(
  backend: NodeBackend,
  precision: Precision,
  definition: TrainStepDefinition,
): TrainStep {
  return new CompiledStep(backend, precision, definition);
}

import * as tf from '../tf.js';
import type {
  Batch,
  BatchTensors,
  NamedArrays,
  StepReport,
  StepState,
  TrainStep,
  TrainStepDefinition,
} from '../contracts/train-step.js';
import { MmsrError } from '../errors.js';
import type { Parameter } from '../model/parameter-scope.js';
import { differentiate, type Differentiated } from './differentiate.js';
import { assertMatch, copyArrays, initialArrays, zeroArrays } from './named-arrays.js';
import { trainingPass } from './training-pass.js';
import { adamUpdate, addGradients, globalNorm, scaleGradients, updateAverage } from './update.js';

/** What one batch, or the mean of several, gives. */
export interface BatchResult {
  readonly total: number;
  readonly terms: Record<string, number>;
  readonly gradients: Map<string, Float32Array>;
}

/**
 * The step on any tfjs backend: gradients by tfjs, the update in Float32Arrays that are the master
 * copy of weights, moments and average.
 */
class EagerStep implements TrainStep {
  readonly #all: readonly Parameter[];
  readonly #trainable: readonly Parameter[];
  #step = 0;
  #weights: Map<string, Float32Array>;
  #firstMoment: Map<string, Float32Array>;
  #secondMoment: Map<string, Float32Array>;
  #average: Map<string, Float32Array> | undefined;

  constructor(private readonly definition: TrainStepDefinition) {
    this.#all = definition.parameters.all;
    this.#trainable = definition.parameters.trainable;
    this.#weights = initialArrays(this.#all);
    this.#firstMoment = zeroArrays(this.#trainable);
    this.#secondMoment = zeroArrays(this.#trainable);
    this.#average = definition.ema === null ? undefined : copyArrays(this.#weights);
  }

  async run(batches: readonly Batch[]): Promise<StepReport> {
    const step = this.#step + 1;
    const results: BatchResult[] = [];
    for (const [slot, batch] of batches.entries()) {
      results.push(await this.#differentiate(batch, step, slot));
    }
    const mean = meanOf(results);
    const gradientNorm = globalNorm(mean.gradients);
    assertFinite(mean, gradientNorm, step);
    const { clipNorm } = this.definition;
    if (clipNorm !== null && gradientNorm > clipNorm) {
      scaleGradients(mean.gradients, clipNorm / gradientNorm);
    }
    const learningRate = this.definition.learningRate(step);
    this.#update(mean.gradients, learningRate, step);
    this.#step = step;
    return { total: mean.total, terms: mean.terms, gradientNorm, learningRate };
  }

  async diagnose([batch]: readonly Batch[]): Promise<Record<string, number>> {
    const { diagnosis, seed } = this.definition;
    if (diagnosis === undefined || batch === undefined) return {};
    const measures = tf.tidy(() =>
      diagnosis(tensorsOf(batch), trainingPass(seed, this.#step + 1, 0)),
    );
    const values: Record<string, number> = {};
    for (const [name, measure] of Object.entries(measures)) {
      values[name] = await numberOf(measure);
      measure.dispose();
    }
    return values;
  }

  async #differentiate(batch: Batch, step: number, slot: number): Promise<BatchResult> {
    const { total, terms, gradients } = tf.tidy(() => {
      const found = differentiate(
        this.definition,
        tensorsOf(batch),
        trainingPass(this.definition.seed, step, slot),
      );
      tf.keep(found.total);
      for (const { gradient } of found.gradients) tf.keep(gradient);
      return found as unknown as tf.TensorContainer;
    }) as unknown as Differentiated;
    const result: BatchResult = { total: await numberOf(total), terms: {}, gradients: new Map() };
    for (const { parameter, gradient } of gradients) {
      const values = Float32Array.from(await gradient.data<'float32'>());
      result.gradients.set(parameter.name, values);
      gradient.dispose();
    }
    for (const [name, term] of terms) {
      result.terms[name] = await numberOf(term);
      term.dispose();
    }
    total.dispose();
    return result;
  }

  #update(gradients: NamedArrays, learningRate: number, step: number): void {
    const { optimizer, ema } = this.definition;
    for (const parameter of this.#trainable) {
      const { name } = parameter;
      const gradient = gradients.get(name);
      if (gradient === undefined) continue;
      const weights = this.#weights.get(name) as Float32Array;
      adamUpdate(
        weights,
        gradient,
        this.#firstMoment.get(name) as Float32Array,
        this.#secondMoment.get(name) as Float32Array,
        optimizer,
        learningRate,
        step,
      );
      const average = this.#average?.get(name);
      if (average !== undefined && ema !== null) updateAverage(average, weights, ema, step);
      parameter.assign(weights);
    }
  }

  exportState(): Promise<StepState> {
    return Promise.resolve({
      step: this.#step,
      parameters: copyArrays(this.#weights),
      firstMoment: copyArrays(this.#firstMoment),
      secondMoment: copyArrays(this.#secondMoment),
      ...(this.#average === undefined ? {} : { average: copyArrays(this.#average) }),
    });
  }

  async importState(state: StepState): Promise<void> {
    assertMatch(this.#all, state.parameters, 'weights');
    assertMatch(this.#trainable, state.firstMoment, 'first moments');
    assertMatch(this.#trainable, state.secondMoment, 'second moments');
    if (this.#average !== undefined) {
      assertMatch(this.#all, state.average ?? new Map(), 'averaged weights');
      this.#average = copyArrays(state.average as NamedArrays);
    }
    this.#step = state.step;
    this.#weights = copyArrays(state.parameters);
    this.#firstMoment = copyArrays(state.firstMoment);
    this.#secondMoment = copyArrays(state.secondMoment);
    for (const parameter of this.#all) {
      parameter.assign(this.#weights.get(parameter.name) as Float32Array);
    }
  }

  dispose(): void {
    this.definition.parameters.dispose();
  }
}

function tensorsOf({ count, lrPx, hrPx, lr, hr, magnification }: Batch): BatchTensors {
  return {
    lr: tf.tensor4d(lr, [count, lrPx, lrPx, 3]),
    hr: tf.tensor4d(hr, [count, hrPx, hrPx, 3]),
    magnification: tf.tensor1d(magnification, 'int32'),
  };
}

async function numberOf(scalar: tf.Scalar): Promise<number> {
  return (await scalar.data())[0] as number;
}

/** Mean over accumulated batches; the first result's arrays are reused. */
function meanOf(results: readonly BatchResult[]): BatchResult {
  const [first, ...others] = results;
  if (first === undefined) throw new RangeError('a training step needs at least one batch');
  if (others.length === 0) return first;
  for (const { gradients } of others) addGradients(first.gradients, gradients);
  scaleGradients(first.gradients, 1 / results.length);
  const mean = (of: (result: BatchResult) => number) =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length;
  return {
    total: mean(({ total }) => total),
    terms: Object.fromEntries(
      Object.keys(first.terms).map((name) => [name, mean(({ terms }) => terms[name] as number)]),
    ),
    gradients: first.gradients,
  };
}

/** Refuses to update from what is not finite, and says which loss or layer it was. */
export function assertFinite(result: BatchResult, gradientNorm: number, step: number): void {
  const loss = Object.entries({ ...result.terms, total: result.total }).find(
    ([, value]) => !Number.isFinite(value),
  );
  if (loss !== undefined) {
    throw nonFinite(`the loss "${loss[0]}" is ${loss[1]} at step ${step}`);
  }
  if (Number.isFinite(gradientNorm)) return;
  const layer = [...result.gradients].find(([, gradient]) => !gradient.every(Number.isFinite));
  throw nonFinite(`the gradient of "${layer?.[0] ?? 'all layers'}" is not finite at step ${step}`);
}

function nonFinite(message: string): MmsrError {
  return new MmsrError('E_NON_FINITE', message, {
    advice: 'Lower optimizer.learningRate or set training.clipNorm; the weights were not updated.',
  });
}

/** A training step that runs the definition operation by operation on the current tfjs backend. */
export function createEagerStep(definition: TrainStepDefinition): TrainStep {
  return new EagerStep(definition);
}

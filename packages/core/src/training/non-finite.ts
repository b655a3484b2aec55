import * as tf from '../tf.js';
import type { Batch, TrainStepDefinition } from '../contracts/train-step.js';
import { MmsrError } from '../errors.js';
import { batchTensors } from './batch-tensors.js';
import { differentiate } from './differentiate.js';
import { trainingPass } from './training-pass.js';

/** Where in a step a value first was not finite. */
export interface NonFiniteOrigin {
  /** Which of the accumulated batches, from 0. */
  readonly slot: number;
  /** The layer: the parameter that the operation uses, or whose result it works on last. */
  readonly layer: string | undefined;
  /** Such as `Conv2D`. */
  readonly operation: string;
  readonly pass: 'forward' | 'backward';
  /** Which patches of the batch; empty where the operation mixes them. */
  readonly patches: readonly number[];
}

/** A loss or gradient that is not finite; the weights were not updated. */
export class NonFiniteError extends MmsrError {
  constructor(
    message: string,
    readonly step: number,
    readonly origin?: NonFiniteOrigin,
  ) {
    super('E_NON_FINITE', message, {
      advice:
        'Lower optimizer.learningRate or set training.clipNorm; or let the run go on by ' +
        'training.nonFinite. The weights were not updated.',
    });
  }
}

/**
 * The same fault with where it began, which is found by running the step again, operation by operation.
 * The parameters' variables must hold the weights of the step.
 */
export function withOrigin(
  error: NonFiniteError,
  definition: TrainStepDefinition,
  batches: readonly Batch[],
): NonFiniteError {
  for (const [slot, batch] of batches.entries()) {
    const origin = findOrigin(definition, batch, error.step, slot);
    if (origin === undefined) continue;
    const { operation, layer, pass } = origin;
    const place = layer === undefined ? '' : ` of "${layer}"`;
    const message = `${error.message}; it began in ${operation}${place} in the ${pass} pass`;
    return new NonFiniteError(message, error.step, origin);
  }
  return error;
}

function findOrigin(
  definition: TrainStepDefinition,
  batch: Batch,
  step: number,
  slot: number,
): NonFiniteOrigin | undefined {
  const watch = new KernelWatch(definition, batch.count);
  const before = watch.start();
  try {
    tf.tidy(() => {
      const counted: TrainStepDefinition['loss'] = (tensors, pass) => {
        const losses = definition.loss(tensors, pass);
        watch.pass = 'backward';
        return losses;
      };
      const pass = trainingPass(definition.seed, step, slot);
      const { parameters } = definition;
      const { terms } = differentiate({ loss: counted, parameters }, batchTensors(batch), pass);
      for (const [, term] of terms) term.dispose();
    });
  } finally {
    before();
  }
  return watch.found === undefined ? undefined : { slot, ...watch.found };
}

type Kernel = typeof tf.engine extends () => infer Engine
  ? Engine extends { runKernel: infer Run }
    ? Run
    : never
  : never;

/** Looks at the result of every operation that tfjs runs until one is not finite. */
class KernelWatch {
  found: Omit<NonFiniteOrigin, 'slot'> | undefined;
  pass: NonFiniteOrigin['pass'] = 'forward';
  readonly #parameters = new WeakMap<object, string>();
  /** By data, the parameter that it came by last. */
  readonly #layers = new WeakMap<object, string>();

  constructor(
    { parameters }: TrainStepDefinition,
    private readonly count: number,
  ) {
    for (const { name, variable } of parameters.all) this.#parameters.set(variable.dataId, name);
  }

  /** @returns what ends the watch */
  start(): () => void {
    const engine = tf.engine() as { runKernel: (...args: unknown[]) => unknown };
    const run = engine.runKernel.bind(engine);
    engine.runKernel = (...args) => {
      const outputs = run(...args);
      if (this.found === undefined)
        this.#look(String(args[0]), tensorsIn(args[1]), tensorsIn(outputs));
      return outputs;
    };
    return () => {
      // The method of the class comes back to light.
      delete (engine as { runKernel?: Kernel }).runKernel;
    };
  }

  #look(operation: string, inputs: readonly tf.Tensor[], outputs: readonly tf.Tensor[]): void {
    const layer = nameIn(this.#parameters, inputs) ?? nameIn(this.#layers, inputs);
    for (const output of outputs) {
      if (layer !== undefined) this.#layers.set(output.dataId, layer);
      if (output.dtype !== 'float32') continue;
      const values = output.dataSync();
      if (values.every(Number.isFinite)) continue;
      const patches = output.rank > 1 && output.shape[0] === this.count ? values : undefined;
      this.found = {
        operation,
        layer,
        pass: this.pass,
        patches: patches === undefined ? [] : rowsNotFinite(patches, this.count),
      };
      return;
    }
  }
}

/** Of the weights and the bias of a layer, the weights, which come first. */
function nameIn(names: WeakMap<object, string>, tensors: readonly tf.Tensor[]) {
  return tensors.map(({ dataId }) => names.get(dataId)).find((name) => name !== undefined);
}

function tensorsIn(value: unknown): tf.Tensor[] {
  const items: unknown[] = value instanceof tf.Tensor ? [value] : Object.values(value ?? {});
  return items.flatMap((item) => (item instanceof tf.Tensor ? [item as tf.Tensor] : []));
}

function rowsNotFinite(values: ArrayLike<number>, rows: number): number[] {
  const size = values.length / rows;
  const isFinite = (row: number) =>
    Array.from({ length: size }, (_, i) => values[row * size + i]).every(Number.isFinite);
  return Array.from({ length: rows }, (_, row) => row).filter((row) => !isFinite(row));
}

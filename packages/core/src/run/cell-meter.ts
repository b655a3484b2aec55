import { inject, injectable } from 'tsyringe';
import type { BatchStream, EvaluationSet, OpenData } from '../contracts/data-pipeline.js';
import type { Engine } from '../contracts/engine.js';
import type { TrainStep } from '../contracts/train-step.js';
import { evaluate } from '../evaluation/evaluator.js';
import type { Experiment } from '../experiment/schema.js';
import { ModelFactory } from '../model/model-factory.js';
import { takeBatches } from '../training/take-batches.js';
import { CellOpener } from './cell-opener.js';
import { trainStepDefinition } from './train-step-definition.js';

/** What a cell takes on this machine, as measured; in seconds. */
export interface CellCost {
  /** Until the second step: engine, data, recording the graph, the first step. */
  readonly startSeconds: number;
  /** One step, with the wait for its batches; the median of some. */
  readonly stepSeconds: number;
  /** One test image: prediction and metrics. */
  readonly imageSeconds: number;
  readonly testImages: number;
  readonly validationImages: number;
}

const MEASURED_STEPS = 5;
const MEASURED_IMAGES = 3;

/** Measures a few steps and images of an experiment; nothing is kept. */
@injectable()
export class CellMeter {
  constructor(
    @inject(CellOpener) private readonly opener: CellOpener,
    @inject(ModelFactory) private readonly factory: ModelFactory,
  ) {}

  /** @param folder what relative paths in the experiment start from */
  async measure(experiment: Experiment, folder: string): Promise<CellCost> {
    const beganMs = performance.now();
    return this.opener.open(experiment, { folder }, async ({ engine, data }) => {
      const steps = await this.#measureSteps(engine, experiment, data);
      const imageSeconds = await this.#measureImages(engine, experiment, data);
      return {
        startSeconds: (steps.startedMs - beganMs) / 1000,
        stepSeconds: steps.stepSeconds,
        imageSeconds,
        ...countImages(data),
      };
    });
  }

  async #measureSteps(engine: Engine, experiment: Experiment, data: OpenData) {
    const model = this.factory.model(experiment);
    const step = await engine.trainStep(trainStepDefinition(this.factory, experiment, model));
    const stream = data.batches(0);
    try {
      const { accumulate } = experiment.training;
      await runStep(step, stream, accumulate);
      const startedMs = performance.now();
      const seconds: number[] = [];
      while (seconds.length < MEASURED_STEPS) {
        const beforeMs = performance.now();
        await runStep(step, stream, accumulate);
        seconds.push((performance.now() - beforeMs) / 1000);
      }
      return { startedMs, stepSeconds: median(seconds) };
    } finally {
      await stream.close();
      step.dispose();
    }
  }

  async #measureImages(engine: Engine, experiment: Experiment, data: OpenData): Promise<number> {
    const inference = await engine.inference(this.factory.model(experiment));
    try {
      const seconds: number[] = [];
      let beforeMs = performance.now();
      const set = first(data.evaluationSet('test'), MEASURED_IMAGES);
      const images = evaluate(inference, set, experiment);
      while ((await images.next()).done !== true) {
        seconds.push((performance.now() - beforeMs) / 1000);
        beforeMs = performance.now();
      }
      // The first one also makes the graph.
      return median(seconds.length > 1 ? seconds.slice(1) : seconds);
    } finally {
      inference.dispose();
    }
  }
}

/** How many images a run evaluates at its end, and at each validation. */
export function countImages({
  splits,
}: OpenData): Pick<CellCost, 'testImages' | 'validationImages'> {
  const sum = (samples: Readonly<Record<string, number>> = {}) =>
    Object.values(samples).reduce((total, count) => total + count, 0);
  return {
    testImages: sum(splits.test?.samples),
    validationImages: sum(splits.validation?.samples),
  };
}

async function runStep(step: TrainStep, stream: BatchStream, accumulate: number): Promise<void> {
  await step.run(await takeBatches(stream, accumulate));
}

function first(set: EvaluationSet, count: number): EvaluationSet {
  return { length: Math.min(count, set.length), get: (index) => set.get(index) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

import { inject, injectable } from 'tsyringe';
import type { OpenData } from '../contracts/data-pipeline.js';
import type { DeviceDescription, Engine } from '../contracts/engine.js';
import type { Batch, TrainStep } from '../contracts/train-step.js';
import { evaluateImage } from '../evaluation/evaluator.js';
import type { Experiment } from '../experiment/schema.js';
import { ModelFactory } from '../model/model-factory.js';
import type { MultiTaskModel } from '../model/multi-task-model.js';
import { loadInto } from '../training/named-arrays.js';
import { memoryOfStep, withinMemory } from '../training/out-of-memory.js';
import { takeBatches } from '../training/take-batches.js';
import { type CellCost, countImages } from './cell-meter.js';
import { CellOpener } from './cell-opener.js';
import { encodeState } from './checkpoint.js';
import { peakMemoryBytes, resetPeakMemory } from './peak-memory.js';
import { trainStepDefinition } from './train-step-definition.js';

/** What one batch and one image of an experiment showed. */
export interface ProbeReport {
  readonly device: DeviceDescription;
  /** Of the first step, with the weights as they are made: `loss` and its terms. */
  readonly losses: Readonly<Record<string, number>>;
  /** From one batch and one image: rougher than what {@link CellMeter} gives. */
  readonly cost: CellCost;
  /** Side of the largest image that is evaluated, in HR pixels. */
  readonly imagePx: number;
  /** The most that the process held: in a step and with a checkpoint in memory, and with the image. */
  readonly stepPeakBytes: number;
  readonly imagePeakBytes: number;
}

/** What took less is done a second time: the first time also makes the graph. */
const QUICK_SECONDS = 10;

/** Computes one batch and one image of an experiment; nothing is kept and nothing written. */
@injectable()
export class CellProbe {
  constructor(
    @inject(CellOpener) private readonly opener: CellOpener,
    @inject(ModelFactory) private readonly factory: ModelFactory,
  ) {}

  /**
   * @param folder what relative paths in the experiment start from
   * @throws MmsrError E_NON_FINITE when a loss or gradient is not finite, E_OUT_OF_MEMORY when memory runs
   * out; whatever a plugin throws
   */
  async probe(experiment: Experiment, folder: string): Promise<ProbeReport> {
    const beganMs = performance.now();
    return this.opener.open(experiment, { folder }, async ({ engine, device, data }) => {
      const openSeconds = (performance.now() - beganMs) / 1000;
      return { device, ...(await this.#compute(engine, experiment, data, openSeconds)) };
    });
  }

  async #compute(engine: Engine, experiment: Experiment, data: OpenData, openSeconds: number) {
    const batches = await firstBatches(data, experiment.training.accumulate);
    const model = this.factory.model(experiment);
    const step = await engine.trainStep(trainStepDefinition(this.factory, experiment, model));
    try {
      await resetPeakMemory();
      const { losses, firstSeconds, seconds } = await runSteps(step, batches, experiment);
      // A checkpoint is made in memory before it is written.
      encodeState(model.parameters, await step.exportState());
      const stepPeakBytes = await peakMemoryBytes();
      await resetPeakMemory();
      // The step keeps its memory meanwhile, as in a run.
      const image = await this.#evaluate(engine, experiment, data, step);
      const cost = {
        startSeconds: openSeconds + firstSeconds,
        stepSeconds: seconds,
        imageSeconds: image.seconds,
        ...countImages(data),
      };
      const imagePeakBytes = await peakMemoryBytes();
      return { losses, cost, imagePx: image.px, stepPeakBytes, imagePeakBytes };
    } finally {
      step.dispose();
    }
  }

  async #evaluate(engine: Engine, experiment: Experiment, data: OpenData, step: TrainStep) {
    const model: MultiTaskModel = this.factory.model(experiment);
    const inference = await engine.inference(model);
    try {
      const state = await step.exportState();
      await loadInto(inference, model.parameters, state.average ?? state.parameters);
      const { split, patchPx } = largestEvaluation(experiment);
      const sample = await data.evaluationSet(split).get(0);
      const { seconds } = await timed(() => evaluateImage(inference, sample, experiment));
      return { px: patchPx, seconds };
    } finally {
      inference.dispose();
    }
  }
}

async function firstBatches(data: OpenData, count: number): Promise<Batch[]> {
  const stream = data.batches(0);
  try {
    return await takeBatches(stream, count);
  } finally {
    await stream.close();
  }
}

async function runSteps(step: TrainStep, batches: readonly Batch[], experiment: Experiment) {
  const use = memoryOfStep(1, batches);
  if (experiment.training.diagnoseEverySteps !== null) {
    await withinMemory(use, () => step.diagnose(batches));
  }
  const { first, firstSeconds, seconds } = await timed(() =>
    withinMemory(use, () => step.run(batches)),
  );
  return { losses: { loss: first.total, ...first.terms }, firstSeconds, seconds };
}

/** Computes once, and where that was quick once more; `seconds` is of the last time. */
async function timed<T>(compute: () => Promise<T>) {
  const once = async () => {
    const beganMs = performance.now();
    const value = await compute();
    return { value, seconds: (performance.now() - beganMs) / 1000 };
  };
  const { value: first, seconds: firstSeconds } = await once();
  if (firstSeconds > QUICK_SECONDS) return { first, firstSeconds, seconds: firstSeconds };
  return { first, firstSeconds, seconds: (await once()).seconds };
}

function largestEvaluation({ data: { test, validation } }: Experiment) {
  return validation !== undefined && validation.patchPx > test.patchPx
    ? { split: 'validation' as const, patchPx: validation.patchPx }
    : { split: 'test' as const, patchPx: test.patchPx };
}

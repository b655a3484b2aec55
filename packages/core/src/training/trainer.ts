import type { BatchStream, OpenData } from '../contracts/data-pipeline.js';
import type { Inference } from '../contracts/engine.js';
import type { Batch, StepReport, TrainStep } from '../contracts/train-step.js';
import { evaluate } from '../evaluation/evaluator.js';
import { summarize } from '../evaluation/summarize.js';
import type { Experiment } from '../experiment/schema.js';
import { trainedMagnifications } from '../experiment/magnifications.js';
import type { ParameterScope } from '../model/parameter-scope.js';
import type { ImageResult, Summary } from '../run/results.js';
import type { RunDirectory } from '../run/run-directory.js';
import type { LoopState } from './loop-state.js';
import { LossAverage } from './loss-average.js';
import { loadInto } from './named-arrays.js';
import {
  NonFinitePolicy,
  skipStep,
  type LearningRateFactor,
  type Verdict,
} from './non-finite-policy.js';
import { memoryOfStep, withinMemory } from './out-of-memory.js';
import type { OnProgress } from './progress.js';
import { SkipReporter } from './skip-reporter.js';
import { takeBatches } from './take-batches.js';

export interface TrainingContext {
  readonly experiment: Experiment;
  readonly step: TrainStep;
  readonly parameters: ParameterScope;
  /** A second instance of the model, for validation. */
  readonly inference: Inference;
  readonly inferenceParameters: ParameterScope;
  readonly data: OpenData;
  readonly directory: RunDirectory;
  /** What the definition of the step multiplies the learning rate by. */
  readonly learningRateFactor: LearningRateFactor;
  readonly onProgress: OnProgress;
  /** Ends training after the step in progress, with a checkpoint. */
  readonly signal: AbortSignal;
}

/** The loop of one run: step, log, validate, checkpoint; it goes on from the newest checkpoint. */
export class Trainer {
  readonly #losses = new LossAverage();
  /** False where the validation of the newest step was broken off. */
  #validated = true;
  /** Of the newest step, where it was validated. */
  #validation: LoopState['validation'];
  #startedMs = 0;
  /** For batches of streams that a rollback has ended. */
  #waitedMs = 0;
  #firstStep = 0;
  /** The step that was reported last, and the time of training until then. */
  #reported: { readonly step: number; readonly elapsedMs: number } | undefined;

  readonly #nonFinite: NonFinitePolicy;

  constructor(private readonly context: TrainingContext) {
    const { experiment, learningRateFactor, data } = context;
    this.#nonFinite = new NonFinitePolicy(experiment, learningRateFactor, data);
  }

  /** @returns `done`, or `stopped` when the signal came first; either way the last step is saved */
  async train(): Promise<'done' | 'stopped'> {
    const { experiment, data, signal } = this.context;
    const { steps, accumulate, checkpointEverySteps, keepBest } = experiment.training;
    const first = await this.#restore();
    let stream = data.batches(first * accumulate);
    this.#firstStep = first;
    this.#startedMs = performance.now();
    let step = first;
    const newReporter = () => new SkipReporter((text) => this.#warn(step, text));
    let skips = newReporter();
    try {
      if (step === 0 && this.#nonFinite.needsBeginning) await this.#save();
      if (!this.#validated) await this.#validateAgain(step);
      while (step < steps && !signal.aborted) {
        const batches = await takeBatches(stream, accumulate);
        await this.#diagnose(step + 1, batches);
        const report = await this.#run(step, batches);
        if (report === 'rollback') {
          await skips.finish(stream.skipped);
          skips = newReporter();
          this.#waitedMs += stream.waitedMs;
          await stream.close();
          step = await this.#rollBack();
          stream = data.batches(step * accumulate);
          continue;
        }
        step++;
        this.#validation = undefined;
        await skips.update(stream.skipped);
        await this.#log(step, report, stream);
        const isValidated = this.#isValidated(step);
        if (isValidated) await this.#validate(step);
        const isKept = isValidated && keepBest !== null;
        if (isKept || step % checkpointEverySteps === 0 || step === steps) await this.#save();
      }
      if (step < steps) await this.#save();
      await skips.finish(stream.skipped);
    } finally {
      await stream.close();
    }
    await this.#loadWeights();
    return step < steps ? 'stopped' : 'done';
  }

  /** The last step is tested; it is validated too where it may be the best one. */
  #isValidated(step: number): boolean {
    const { steps, validateEverySteps, keepBest } = this.context.experiment.training;
    if (step === steps && keepBest === null) return false;
    return step % validateEverySteps === 0 || step === steps;
  }

  /** Of a step whose validation was broken off, after its checkpoint was saved. */
  async #validateAgain(step: number): Promise<void> {
    await this.#validate(step);
    if (this.#validated) await this.context.directory.noteValidation({ step }, this.#loop());
  }

  /** One step; undefined where it was skipped. */
  async #run(
    step: number,
    batches: readonly Batch[],
  ): Promise<StepReport | undefined | 'rollback'> {
    let verdict: Verdict;
    try {
      return await withinMemory(memoryOfStep(step + 1, batches), () =>
        this.context.step.run(batches),
      );
    } catch (error) {
      verdict = this.#nonFinite.judge(error);
    }
    const { action, message } = verdict;
    this.#say('warning', message);
    await this.context.directory.record({ type: 'warning', step: step + 1, message });
    if (action === 'rollback') return 'rollback';
    await skipStep(this.context.step);
    return undefined;
  }

  /** To the newest checkpoint; the learning rate and the count of faults stay as they are now. */
  async #rollBack(): Promise<number> {
    const { directory, parameters, step } = this.context;
    const checkpoint = await directory.newestCheckpoint(parameters);
    if (checkpoint === undefined) throw new Error('there is no checkpoint to go back to');
    await step.importState(checkpoint.state);
    this.#losses.restore(checkpoint.loop.losses);
    this.#validation = checkpoint.loop.validation;
    return checkpoint.state.step;
  }

  async #restore(): Promise<number> {
    const { directory, parameters, step } = this.context;
    const checkpoint = await directory.newestCheckpoint(parameters, (message) =>
      this.#say('warning', message),
    );
    if (checkpoint === undefined) {
      await directory.record({ type: 'state', state: 'started', step: 0 });
      return 0;
    }
    const { state, loop } = checkpoint;
    await step.importState(state);
    this.#losses.restore(loop.losses);
    this.#validated = loop.validated;
    this.#validation = loop.validation;
    this.#nonFinite.restore(loop);
    await directory.record({ type: 'state', state: 'resumed', step: state.step });
    this.#say('info', `resumed from the checkpoint of step ${state.step}`);
    return state.step;
  }

  #loop(): LoopState {
    return {
      losses: this.#losses.state(),
      validated: this.#validated,
      ...(this.#validation !== undefined && { validation: this.#validation }),
      ...this.#nonFinite.state(),
    };
  }

  async #save(): Promise<void> {
    const { directory, parameters, step, experiment } = this.context;
    const state = await step.exportState();
    await directory.save(parameters, { state, loop: this.#loop() }, experiment.training);
  }

  /** Of the step that comes. */
  async #diagnose(step: number, batches: readonly Batch[]): Promise<void> {
    const { experiment, directory, step: trainStep } = this.context;
    const { diagnoseEverySteps } = experiment.training;
    if (diagnoseEverySteps === null || step % diagnoseEverySteps !== 0) return;
    const values = await withinMemory(memoryOfStep(step, batches), () =>
      trainStep.diagnose(batches),
    );
    await directory.record({ type: 'metrics', step, values });
  }

  async #log(step: number, report: StepReport | undefined, stream: BatchStream): Promise<void> {
    const { experiment, directory, onProgress } = this.context;
    const { logEverySteps, steps, batchSize, accumulate } = experiment.training;
    if (report !== undefined) this.#losses.add(report);
    if (step % logEverySteps !== 0 && step !== steps) return;
    const losses = this.#losses.take();
    const values = report === undefined ? losses : { ...losses, learningRate: report.learningRate };
    if (Object.keys(values).length > 0) await directory.record({ type: 'metrics', step, values });
    const elapsedMs = performance.now() - this.#startedMs;
    const stepsPerMs = (step - this.#firstStep) / elapsedMs;
    onProgress({
      phase: 'train',
      step,
      steps,
      losses,
      patchesPerSecond: stepsPerMs * 1000 * batchSize * accumulate,
      secondsLeft: this.#secondsLeft(step, elapsedMs),
      waiting: (this.#waitedMs + stream.waitedMs) / elapsedMs,
    });
    this.#reported = { step, elapsedMs };
  }

  /** By the steps since the last report: the first step waits for threads to start and graphs to be built. */
  #secondsLeft(step: number, elapsedMs: number): number | undefined {
    const last = this.#reported;
    if (last === undefined || last.step >= step) return undefined;
    const msPerStep = (elapsedMs - last.elapsedMs) / (step - last.step);
    return ((this.context.experiment.training.steps - step) * msPerStep) / 1000;
  }

  /** Loads the weights that count, the average where there is one, into the inference. */
  async #loadWeights(): Promise<void> {
    const { step, inference, inferenceParameters } = this.context;
    const state = await step.exportState();
    await loadInto(inference, inferenceParameters, state.average ?? state.parameters);
  }

  async #validate(step: number): Promise<void> {
    const { experiment, data, inference, directory, onProgress, signal } = this.context;
    if (experiment.data.validation === undefined) return;
    const beganMs = performance.now();
    this.#validated = false;
    await this.#loadWeights();
    const images: ImageResult[] = [];
    for await (const { result } of evaluate(
      inference,
      data.evaluationSet('validation'),
      experiment,
    )) {
      if (signal.aborted) return;
      images.push(result);
    }
    const summary = summarize(images, trainedMagnifications(experiment));
    await directory.record({ type: 'metrics', step, values: validationValues(summary) });
    this.#validated = true;
    const { psnrDb, ssim, bicubic, accuracy } = summary.all as Summary;
    this.#validation = finiteOf({ psnr: psnrDb, ssim, accuracy });
    const metrics = { psnrDb, ssim } as Summary;
    onProgress({ phase: 'validated', step, metrics, bicubic, accuracy });
    this.#startedMs += performance.now() - beganMs;
  }

  async #warn(step: number, text: string): Promise<void> {
    this.#say('warning', text);
    await this.context.directory.record({ type: 'warning', step, message: text });
  }

  #say(level: 'info' | 'warning', text: string): void {
    this.context.onProgress({ phase: 'message', level, text });
  }
}

/** What there is of it as a number. */
function finiteOf(values: Readonly<Record<string, number | null | undefined>>) {
  const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(finite) as Record<string, number>;
}

/** `validation.psnrDb`, `validation.20x.psnrDb`, ... */
function validationValues(summary: Readonly<Record<string, Summary>>): Record<string, number> {
  const values: Record<string, number> = {};
  for (const [key, { psnrDb, ssim, bicubic, accuracy }] of Object.entries(summary)) {
    const prefix = key === 'all' ? 'validation' : `validation.${key}x`;
    const entries = {
      psnrDb,
      ssim,
      bicubicPsnrDb: bicubic.psnrDb,
      bicubicSsim: bicubic.ssim,
      accuracy,
    };
    for (const [name, value] of Object.entries(entries)) {
      if (typeof value === 'number') values[`${prefix}.${name}`] = value;
    }
  }
  return values;
}

import { inject, injectable } from 'tsyringe';
import type { DeviceDescription, Inference } from '../contracts/engine.js';
import { messageOf } from '../errors.js';
import {
  evaluate,
  evaluateImage,
  protocolOf,
  type EvaluatedImage,
} from '../evaluation/evaluator.js';
import { chooseExamples } from '../evaluation/examples.js';
import { PictureKeeper, type WritePicture } from '../evaluation/pictures.js';
import { confusionMatrix, summarize } from '../evaluation/summarize.js';
import type { Cell } from '../experiment/read-experiment.js';
import type { Experiment } from '../experiment/schema.js';
import { trainedMagnifications } from '../experiment/magnifications.js';
import { ModelFactory } from '../model/model-factory.js';
import { HEAD_SCOPE, type MultiTaskModel } from '../model/multi-task-model.js';
import { PluginRegistry } from '../plugins/register.js';
import { resumable } from '../training/out-of-memory.js';
import type { OnProgress } from '../training/progress.js';
import { Trainer } from '../training/trainer.js';
import { WRITE_PICTURE } from '../tokens.js';
import { CellOpener, type OpenedCell } from './cell-opener.js';
import { describeRun } from './describe-run.js';
import type { DifferenceKind, Manifest } from './manifest.js';
import type { CellResults, ImageResult } from './results.js';
import { RunDirectory } from './run-directory.js';
import { createTracker } from './create-tracker.js';
import { trainStepDefinition } from './train-step-definition.js';

export interface CellRequest {
  readonly study: string;
  readonly cell: Cell;
  /** Folder of the experiment file. */
  readonly folder: string;
  /** The cell's run directory. */
  readonly directory: string;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  /** The images as they are now, where they are known; those of a run that is done must be the same. */
  readonly data?: Manifest['data'];
  /** The same of the images that colours are normalised to. */
  readonly references?: Manifest['references'];
  /** Moves a run of another configuration or other images aside instead of refusing. */
  readonly rerunStale?: boolean;
  /** In what the run that lies in the directory may differ from what is asked for. */
  readonly allow?: readonly DifferenceKind[];
}

export type CellResult =
  { readonly outcome: 'done'; readonly results: CellResults } | { readonly outcome: 'stopped' };

interface Session extends Omit<CellRequest, 'data'>, OpenedCell {
  readonly experiment: Experiment;
  readonly run: RunDirectory;
}

/** Does what is not done of one cell: trains it, evaluates it, leaves everything in its run directory. */
@injectable()
export class CellRunner {
  constructor(
    @inject(PluginRegistry) private readonly registry: PluginRegistry,
    @inject(ModelFactory) private readonly factory: ModelFactory,
    @inject(CellOpener) private readonly opener: CellOpener,
    @inject(WRITE_PICTURE) private readonly writePicture: WritePicture,
  ) {}

  /**
   * A cell that is done already is left alone.
   * @throws MmsrError E_RUN_LOCKED when another process works on it
   */
  async run(request: CellRequest): Promise<CellResult> {
    const run = new RunDirectory(request.directory);
    const done = request.rerunStale === true ? undefined : await doneOf(run, request);
    if (done !== undefined) return { outcome: 'done', results: done };
    try {
      await run.lock({ signal: request.signal, onWait: (text) => say(request, text) });
    } catch (error) {
      if (request.signal.aborted) return { outcome: 'stopped' };
      throw error;
    }
    try {
      return await this.#runLocked(run, request);
    } finally {
      await run.unlock();
    }
  }

  async #runLocked(run: RunDirectory, request: CellRequest): Promise<CellResult> {
    const { cell, folder, signal } = request;
    if (request.rerunStale === true) {
      await setStaleAside(run, request, await run.staleness(inputsOf(request)));
    }
    const done = await doneOf(run, request);
    if (done !== undefined) return { outcome: 'done', results: done };
    const { experiment } = cell;
    const onEngine = ({ engine, version, device, threads }: DeviceDescription, reason: string) => {
      say(request, `engine ${engine} ${version} on ${device}, ${threads} threads (${reason})`);
    };
    try {
      return await this.opener.open(experiment, { folder, onEngine, signal }, (opened) =>
        this.#work({ ...request, experiment, run, ...opened }),
      );
    } catch (error) {
      if (signal.aborted && error === signal.reason) return { outcome: 'stopped' };
      throw error;
    }
  }

  async #work(session: Session): Promise<CellResult> {
    const { run, experiment, cell, study } = session;
    const manifest = await describeRun(session, this.registry);
    if (session.rerunStale === true) {
      await setStaleAside(run, session, await run.refusals(manifest, session.allow));
    }
    await run.claim(manifest, session.allow);
    const tracker = createTracker(this.registry, experiment);
    const say = (level: 'info' | 'warning', text: string) =>
      session.onProgress({ phase: 'message', level, text });
    await tracker?.start({ experiment: study, cell: cell.name, directory: run.path, say });
    if (tracker !== undefined) run.onEvent((event) => tracker.record(event));
    try {
      for (const message of session.data.warnings ?? []) {
        session.onProgress({ phase: 'message', level: 'warning', text: message });
        await run.record({ type: 'warning', step: run.lastStep, message });
      }
      return await this.#trainAndEvaluate(session);
    } catch (error) {
      await run
        .record({ type: 'state', state: 'failed', step: run.lastStep, message: messageOf(error) })
        .catch(() => undefined);
      throw resumable(error);
    } finally {
      await tracker?.finish();
    }
  }

  async #trainAndEvaluate(session: Session): Promise<CellResult> {
    const { experiment, engine, run, signal, data, onProgress } = session;
    const model = this.factory.model(experiment);
    const learningRateFactor = { value: 1 };
    const step = await engine.trainStep(
      trainStepDefinition(this.factory, experiment, model, learningRateFactor),
    );
    const twin = this.factory.model(experiment);
    const inference = await engine.inference(twin);
    try {
      const trainer = new Trainer({
        experiment,
        step,
        parameters: model.parameters,
        inference,
        inferenceParameters: twin.parameters,
        data,
        directory: run,
        learningRateFactor,
        onProgress,
        signal,
      });
      const images =
        (await trainer.train()) === 'done' ? await this.#test(session, inference) : null;
      if (images === null) {
        await run.record({ type: 'state', state: 'stopped', step: run.lastStep });
        return { outcome: 'stopped' };
      }
      const results = resultsOf(session, model, images, await bestOf(session));
      await run.finish(results);
      await run.record({ type: 'state', state: 'done', step: experiment.training.steps });
      return { outcome: 'done', results };
    } finally {
      step.dispose();
      inference.dispose();
    }
  }

  /** Null when it was stopped. */
  async #test(session: Session, inference: Inference): Promise<ImageResult[] | null> {
    const { experiment, data, run, signal, onProgress } = session;
    const set = data.evaluationSet('test');
    const write: WritePicture = async (path, image) => {
      await run.assertHeld();
      await this.writePicture(path, image);
    };
    const pictures = new PictureKeeper(run.images, experiment.evaluation.images, write);
    const images: ImageResult[] = [];
    for await (const image of evaluate(inference, set, experiment)) {
      if (signal.aborted) return null;
      images.push(image.result);
      await record(session, image, 'test', await pictures.keepFirst(image));
      onProgress({ phase: 'evaluate', image: images.length, images: set.length });
    }
    if (experiment.evaluation.images === 0) return images;
    for (const { rank, index } of chooseExamples(images)) {
      if (signal.aborted) return null;
      // Predicted once more: which they are is known only now, and all images may not fit in memory.
      const image = await evaluateImage(inference, await set.get(index), experiment);
      await record(session, image, `test-${rank}`, await pictures.keep(image, rank));
    }
    return images;
  }
}

/** Tells that a picture is there; undefined: it was not kept. */
async function record(
  { run, experiment }: Session,
  { result }: EvaluatedImage,
  kind: string,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) return;
  const { steps } = experiment.training;
  await run.record({
    type: 'image',
    step: steps,
    key: `${kind}/${result.id}`,
    path: `images/${path}`,
  });
}

function inputsOf({ cell, data, references }: CellRequest) {
  return { experiment: cell.experiment, data, references };
}

function doneOf(run: RunDirectory, request: CellRequest): Promise<CellResults | undefined> {
  return run.resultsOf(inputsOf(request), request.allow);
}

function say({ onProgress }: Pick<CellRequest, 'onProgress'>, text: string): void {
  onProgress({ phase: 'message', level: 'info', text });
}

async function setStaleAside(
  run: RunDirectory,
  { onProgress }: Pick<CellRequest, 'onProgress'>,
  changed: readonly string[],
): Promise<void> {
  if (changed.length === 0) return;
  say({ onProgress }, `stale: ${changed.join('; ')}; moved to ${await run.setAside()}`);
}

async function bestOf({ run, experiment }: Session): Promise<CellResults['bestCheckpoint']> {
  const { keepBest } = experiment.training;
  const best = await run.bestCheckpoint(keepBest);
  return keepBest === null || best === undefined ? undefined : { metric: keepBest.metric, ...best };
}

function resultsOf(
  { study, cell, experiment }: Session,
  { parameters }: MultiTaskModel,
  images: readonly ImageResult[],
  best: CellResults['bestCheckpoint'],
): CellResults {
  const trained = trainedMagnifications(experiment);
  const inScope = (scope: string) =>
    parameters.trainable
      .filter(({ name }) => name.startsWith(`${scope}.`))
      .reduce((sum, { size }) => sum + size, 0);
  return {
    experiment: study,
    cell: cell.name,
    seed: experiment.seed,
    scale: experiment.scale,
    steps: experiment.training.steps,
    ...(best !== undefined && { bestCheckpoint: best }),
    parameters: { total: parameters.count, head: inScope(HEAD_SCOPE) },
    protocol: protocolOf(experiment),
    images,
    summary: summarize(images, trained),
    confusion: confusionMatrix(images, trained),
  };
}

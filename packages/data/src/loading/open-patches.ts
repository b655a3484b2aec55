import type {
  BatchStream,
  Degradation,
  EvaluationSet,
  Experiment,
  OpenData,
  Source,
  Split,
  SplitDescription,
} from '@mmsr/core';
import { PatchEvaluationSet } from '../evaluation/patch-evaluation-set.js';
import type { EvaluationPlan } from '../evaluation/plan-evaluation.js';
import { BatchMaker, type BatchShape } from '../patches/batch-maker.js';
import type { PatchSampler } from '../patches/patch-sampler.js';
import { DirectStream } from './direct-stream.js';
import type { LoaderTask } from './loader-task.js';
import type { OpenSplit } from './open-split.js';
import { ThreadStream } from './thread-stream.js';

export interface OpenPatchesContext {
  readonly experiment: Experiment;
  readonly splits: readonly OpenSplit[];
  readonly sampler: PatchSampler;
  readonly evaluations: ReadonlyMap<'validation' | 'test', EvaluationPlan>;
  readonly degradation: Degradation;
  /** What loading threads import; absent when they cannot. */
  readonly threadPlugins: Pick<LoaderTask, 'source' | 'degradation'> | undefined;
  readonly warnings: readonly string[];
}

/** The data of an experiment, open and checked. */
export class OpenPatches implements OpenData {
  readonly splits: OpenData['splits'];
  readonly warnings: readonly string[];
  readonly #streams = new Set<BatchStream>();

  constructor(private readonly context: OpenPatchesContext) {
    this.warnings = context.warnings;
    this.splits = Object.fromEntries(
      context.splits.map(({ split, source }) => [split, this.#describe(split, source)]),
    );
  }

  #describe(split: Split, { images }: Source): SplitDescription {
    const { evaluations, sampler } = this.context;
    const plan = split === 'train' ? undefined : evaluations.get(split);
    const samples: Record<string, number> = {};
    for (const magnification of sampler.options.magnifications) samples[magnification] = 0;
    return { images, samples: plan?.samples ?? samples };
  }

  batches(first: number): BatchStream {
    const { experiment, threadPlugins } = this.context;
    const threads = threadPlugins === undefined ? 0 : experiment.data.workers;
    const stream =
      threads === 0
        ? this.#directStream(first)
        : new ThreadStream(this.#task(), this.#shape(), threads, first);
    this.#streams.add(stream);
    return stream;
  }

  describePatch(batch: number, patch: number): string {
    const { image, magnification, x, y } = this.context.sampler.patch(batch, patch);
    const { id } = this.#open('train').source.images[image] as { id: string };
    return `${id} at ${magnification}x (x ${x}, y ${y})`;
  }

  evaluationSet(split: 'validation' | 'test'): EvaluationSet {
    const { evaluations, experiment } = this.context;
    const plan = evaluations.get(split);
    if (plan === undefined) throw new Error(`the experiment has no ${split} data`);
    const maker = this.#maker(split, experiment.data[split]?.patchPx ?? 0);
    return new PatchEvaluationSet(maker, plan.places, split, experiment.seed);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    await Promise.all(this.context.splits.map(({ source }) => source.close()));
  }

  #open(wanted: Split): OpenSplit {
    return this.context.splits.find(({ split }) => split === wanted) as OpenSplit;
  }

  #maker(split: Split, patchPx: number) {
    const { degradation, experiment } = this.context;
    return { source: this.#open(split).source, degradation, patchPx, scale: experiment.scale };
  }

  #shape(): BatchShape {
    const { batchSize, patchPx } = this.context.sampler.options;
    return { batchSize, hrPx: patchPx, lrPx: patchPx / this.context.experiment.scale };
  }

  #directStream(first: number): BatchStream {
    const { sampler } = this.context;
    const maker = new BatchMaker(this.#maker('train', sampler.options.patchPx), sampler);
    return new DirectStream(maker, sampler.options, this.#shape(), first);
  }

  #task(): Omit<LoaderTask, 'ring'> {
    const { source, context } = this.#open('train');
    return {
      ...(this.context.threadPlugins as Pick<LoaderTask, 'source' | 'degradation'>),
      sourceContext: { ...context, handedOver: source.handOver?.() },
      sampler: this.context.sampler.options,
      digests: source.images.map(({ digest }) => digest),
    };
  }
}

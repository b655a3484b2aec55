import type {
  BatchStream,
  DataPreview,
  Degradation,
  EvaluationSet,
  Experiment,
  MagnificationAudit,
  OpenData,
  Source,
  Split,
  SplitDescription,
} from '@mmsr/core';
import { PatchEvaluationSet } from '../evaluation/patch-evaluation-set.js';
import type { EvaluationPlan } from '../evaluation/plan-evaluation.js';
import { BatchMaker, type BatchShape } from '../patches/batch-maker.js';
import type { PatchPlace, PatchSampler } from '../patches/patch-sampler.js';
import { drawPreview } from '../preview/draw-preview.js';
import { describePlace } from '../patches/read-pair.js';
import type { OpenTransforms } from '../stain/open-transforms.js';
import { DirectStream } from './direct-stream.js';
import type { LoaderTask } from './loader-task.js';
import type { OpenSplit } from './open-split.js';
import { type StreamTask, ThreadStream } from './thread-stream.js';

/** Training patches that a preview shows. */
const SHOWN_BATCHES = 20;

export interface OpenPatchesContext {
  readonly experiment: Experiment;
  readonly splits: readonly OpenSplit[];
  readonly sampler: PatchSampler;
  readonly evaluations: ReadonlyMap<'validation' | 'test', EvaluationPlan>;
  /** What each split has at each magnification. */
  readonly audits: ReadonlyMap<Split, readonly MagnificationAudit[]>;
  readonly degradation: Degradation;
  readonly transforms: Omit<OpenTransforms, 'problems'>;
  /** What loading threads import; absent when they cannot. */
  readonly threadPlugins: Pick<LoaderTask, 'source' | 'degradation'> | undefined;
  readonly warnings: readonly string[];
}

/** The data of an experiment, open and checked. */
export class OpenPatches implements OpenData {
  readonly splits: OpenData['splits'];
  readonly warnings: readonly string[];
  readonly references: Readonly<Record<string, string>>;
  readonly #streams = new Set<BatchStream>();

  constructor(private readonly context: OpenPatchesContext) {
    this.warnings = context.warnings;
    this.references = context.transforms.references;
    this.splits = Object.fromEntries(
      context.splits.map(({ split, source }) => [split, this.#describe(split, source)]),
    );
  }

  #describe(split: Split, { images }: Source): SplitDescription {
    const { audits, evaluations, sampler } = this.context;
    const plan = split === 'train' ? undefined : evaluations.get(split);
    const samples: Record<string, number> = {};
    for (const magnification of sampler.options.magnifications) samples[magnification] = 0;
    const magnifications = audits.get(split) ?? [];
    return { images, samples: plan?.samples ?? samples, magnifications };
  }

  batches(first: number): BatchStream {
    const { experiment, threadPlugins } = this.context;
    const threads = threadPlugins === undefined ? 0 : experiment.data.workers;
    const stream =
      threads === 0
        ? this.#directStream(first)
        : new ThreadStream(this.#task(), this.#shape(), this.#describePatch, threads, first);
    this.#streams.add(stream);
    return stream;
  }

  evaluationSet(split: 'validation' | 'test'): EvaluationSet {
    const { evaluations, experiment } = this.context;
    const plan = evaluations.get(split);
    if (plan === undefined) throw new Error(`the experiment has no ${split} data`);
    const maker = this.#maker(split, experiment.data[split]?.patchPx ?? 0);
    return new PatchEvaluationSet(maker, plan.places, split, experiment.seed);
  }

  async *previews(): AsyncGenerator<DataPreview, undefined> {
    for (const { split, source } of this.context.splits) {
      const { magnifications, patchPx, places } = this.#shown(split);
      for (const [index, image] of source.images.entries()) {
        const own = places.filter((place) => place.image === index);
        const png = await drawPreview(source, index, magnifications, own, patchPx);
        yield { split, image, patches: own.length, png };
      }
    }
  }

  /** All patches of an evaluation split, the first ones of the training split. */
  #shown(split: Split) {
    const { sampler, evaluations, experiment } = this.context;
    if (split !== 'train') {
      const { magnifications = [], patchPx = 0 } = experiment.data[split] ?? {};
      return { magnifications, patchPx, places: evaluations.get(split)?.places ?? [] };
    }
    const { magnifications, patchPx, batchSize } = sampler.options;
    const places = Array.from({ length: SHOWN_BATCHES * batchSize }, (_, i): PatchPlace => {
      return sampler.patch(Math.floor(i / batchSize), i % batchSize);
    });
    return { magnifications, patchPx, places };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    await Promise.all(this.context.splits.map(({ source }) => source.close()));
  }

  #open(wanted: Split): OpenSplit {
    return this.context.splits.find(({ split }) => split === wanted) as OpenSplit;
  }

  #maker(split: Split, patchPx: number) {
    const { degradation, experiment, transforms } = this.context;
    return {
      source: this.#open(split).source,
      degradation,
      patchPx,
      scale: experiment.scale,
      transforms: split === 'train' ? transforms.training : transforms.evaluation,
    };
  }

  #shape(): BatchShape {
    const { batchSize, patchPx } = this.context.sampler.options;
    return { batchSize, hrPx: patchPx, lrPx: patchPx / this.context.experiment.scale };
  }

  #directStream(first: number): BatchStream {
    const { sampler } = this.context;
    const { onBadPatch } = this.context.experiment.data;
    const maker = new BatchMaker(
      this.#maker('train', sampler.options.patchPx),
      sampler,
      onBadPatch,
    );
    return new DirectStream(maker, sampler.options, this.#shape(), first);
  }

  readonly #describePatch = (batch: number, slot: number, attempt: number): string => {
    const place = this.context.sampler.patch(batch, slot, attempt);
    return describePlace(this.#open('train').source.images, place);
  };

  #task(): StreamTask {
    const { source, context, part } = this.#open('train');
    return {
      part,
      onBadPatch: this.context.experiment.data.onBadPatch,
      ...(this.context.threadPlugins as Pick<LoaderTask, 'source' | 'degradation'>),
      sourceContext: { ...context, handedOver: source.handOver?.() },
      transforms: this.context.transforms.training,
      sampler: this.context.sampler.options,
      digests: source.images.map(({ digest }) => digest),
    };
  }
}

import type { RgbImage } from '../images/rgb-image.js';
import type { Experiment } from '../experiment/schema.js';
import type { SourceImage, Split } from './source.js';
import type { Batch } from './train-step.js';

/** One test or validation image. */
export interface EvaluationSample {
  /** Unique in the split: image, magnification and place. */
  readonly id: string;
  readonly group: string;
  readonly magnification: number;
  readonly lr: RgbImage;
  readonly hr: RgbImage;
}

export interface EvaluationSet {
  readonly length: number;
  get(index: number): Promise<EvaluationSample>;
}

/** Training batches in their order; made ahead of need. */
export interface BatchStream {
  /** The batch of the next index. */
  next(): Promise<Batch>;
  /** Milliseconds that `next` has kept its caller waiting, in all. */
  readonly waitedMs: number;
  close(): Promise<void>;
}

export interface SplitDescription {
  readonly images: readonly SourceImage[];
  /** Training: 0, patches are drawn without end. Otherwise the number of samples per magnification. */
  readonly samples: Readonly<Record<string, number>>;
}

export interface OpenData {
  readonly splits: Readonly<Partial<Record<Split, SplitDescription>>>;
  /** What is no error but worth a look, such as images too small for a patch. */
  readonly warnings?: readonly string[];
  /** Batches from index `first` on: batch i is a pure function of the seed and i. */
  batches(first: number): BatchStream;
  /** Where a patch of a training batch is from, for messages. */
  describePatch?(batch: number, patch: number): string;
  evaluationSet(split: 'validation' | 'test'): EvaluationSet;
  close(): Promise<void>;
}

/** Turns the `data` of an experiment into patches. */
export interface DataPipeline {
  /** Opens every source and checks that it can give what is asked; throws InputError where not. */
  open(experiment: Experiment, folder: string): Promise<OpenData>;
}

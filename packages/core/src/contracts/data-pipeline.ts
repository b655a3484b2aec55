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

/** Training patches that could not be read and were replaced by others. */
export interface SkippedPatches {
  readonly count: number;
  /** Patches of all batches given so far. */
  readonly patches: number;
  /** By image, in the order in which they came up: how many, and what was wrong with the first. */
  readonly images: readonly SkippedImage[];
}

export interface SkippedImage {
  readonly id: string;
  readonly count: number;
  /** Image, magnification and place, and why it could not be read. */
  readonly firstProblem: string;
}

/** Training batches in their order; made ahead of need. */
export interface BatchStream {
  /** The batch of the next index. */
  next(): Promise<Batch>;
  /** Milliseconds that `next` has kept its caller waiting, in all. */
  readonly waitedMs: number;
  /** Of the batches given so far; absent where an unreadable patch is always an error. */
  readonly skipped?: SkippedPatches | undefined;
  close(): Promise<void>;
}

export interface ValueRange {
  readonly least: number;
  readonly most: number;
}

/** What a split has at one magnification: what its label stands for. */
export interface MagnificationAudit {
  readonly magnification: number;
  readonly images: number;
  /** Slides or patients of those images. */
  readonly groups: number;
  /** Training: those that fit side by side. */
  readonly patches: number;
  readonly nativeMagnification: ValueRange | null;
  /** Native; null where no image has it. */
  readonly micronsPerPixel: ValueRange | null;
  /** Of a pixel at the magnification: native microns per pixel x native magnification / magnification. */
  readonly effectiveMicronsPerPixel: ValueRange | null;
  readonly withoutMicronsPerPixel: number;
}

export interface SplitDescription {
  readonly images: readonly SourceImage[];
  /** Training: 0, patches are drawn without end. Otherwise the number of samples per magnification. */
  readonly samples: Readonly<Record<string, number>>;
  readonly magnifications?: readonly MagnificationAudit[];
}

/** A picture of an image, small, with the patches that are taken from it. */
export interface DataPreview {
  readonly split: Split;
  readonly image: SourceImage;
  /** Patches drawn on it. Of a training split, those of its first batches. */
  readonly patches: number;
  /** The PNG file. */
  readonly png: Uint8Array;
}

export interface OpenData {
  readonly splits: Readonly<Partial<Record<Split, SplitDescription>>>;
  /** What is no error but worth a look, such as images too small for a patch. */
  readonly warnings?: readonly string[];
  /** SHA-256 of what else patches are made of, such as the reference of a normalisation, by its path. */
  readonly references?: Readonly<Record<string, string>>;
  /** Batches from index `first` on: batch i is a pure function of the seed and i. */
  batches(first: number): BatchStream;
  /** Where a patch of a training batch is from, for messages. */
  describePatch?(batch: number, patch: number): string;
  evaluationSet(split: 'validation' | 'test'): EvaluationSet;
  /** A picture of every image of every split. */
  previews?(): AsyncIterable<DataPreview>;
  close(): Promise<void>;
}

/** Turns the `data` of an experiment into patches. */
export interface DataPipeline {
  /**
   * Opens every source and checks that it can give what is asked; throws InputError where not.
   * @param signal ends the opening, which may take long: it then throws the signal's reason
   */
  open(experiment: Experiment, folder: string, signal?: AbortSignal): Promise<OpenData>;
}

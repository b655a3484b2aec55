import type { MetricProtocol } from '../evaluation/planes.js';

/** Means over the images of one magnification, or of all of them. */
export interface MetricValues {
  readonly psnrDb?: number;
  readonly ssim?: number;
}

export interface ImageResult extends MetricValues {
  readonly id: string;
  readonly group: string;
  readonly magnification: number;
  readonly bicubic: MetricValues;
  /** Null without a head. */
  readonly predictedMagnification: number | null;
}

export interface Summary extends MetricValues {
  readonly images: number;
  readonly groups: number;
  readonly bicubic: MetricValues;
  /** Share of images whose magnification the branch names; null without a head or when not trained on. */
  readonly accuracy: number | null;
}

/** What `rows[i][j]` counts: images of magnification rows i that were taken for magnification j. */
export interface ConfusionMatrix {
  /** Magnifications of the test images, descending. */
  readonly actual: readonly number[];
  /** Magnifications trained on, descending. */
  readonly predicted: readonly number[];
  readonly counts: readonly (readonly number[])[];
}

export interface ResultProtocol extends MetricProtocol {
  readonly dataRange: 255;
  readonly psnr: string;
  readonly ssim: string;
  readonly bicubic: string;
  /** Which weights were evaluated. */
  readonly weights: 'average' | 'last';
}

/** results.json of a cell; its presence says that the cell is done. */
export interface CellResults {
  readonly experiment: string;
  readonly cell: string;
  readonly seed: number;
  readonly scale: number;
  readonly steps: number;
  /** Which checkpoint was best in validation, where `training.keepBest` says so; the results are of the last step. */
  readonly bestCheckpoint?: {
    readonly metric: 'psnr' | 'ssim' | 'accuracy';
    /** Mean over the validation images: psnr in dB, the others in 0..1. */
    readonly value: number;
    readonly step: number;
  };
  /** Trainable parameters: of the whole model, and of the head alone. */
  readonly parameters: { readonly total: number; readonly head: number };
  readonly protocol: ResultProtocol;
  readonly images: readonly ImageResult[];
  /** By magnification, and `all`. */
  readonly summary: Readonly<Record<string, Summary>>;
  readonly confusion: ConfusionMatrix | null;
}

import type { MetricValues } from '../run/results.js';

/** What a run tells while it works. */
export type Progress =
  | {
      readonly phase: 'train';
      readonly step: number;
      readonly steps: number;
      /** Means since the last report, by name: `loss` and its terms. */
      readonly losses: Readonly<Record<string, number>>;
      readonly patchesPerSecond: number;
      /** Undefined until there are two reports to tell by. */
      readonly secondsLeft: number | undefined;
      /** Share of the time that the step waited for patches, 0..1. */
      readonly waiting: number;
    }
  | {
      readonly phase: 'validated';
      readonly step: number;
      readonly metrics: MetricValues;
      readonly bicubic: MetricValues;
      readonly accuracy: number | null;
    }
  | { readonly phase: 'evaluate'; readonly image: number; readonly images: number }
  | { readonly phase: 'message'; readonly level: 'info' | 'warning'; readonly text: string };

export type OnProgress = (progress: Progress) => void;

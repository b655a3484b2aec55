import {
  BOOTSTRAP_SEED,
  DEFAULT_RESAMPLES,
  type BootstrapOptions,
  type Interval,
} from './bootstrap.js';
import { cohensDz, rankBiserial } from './effect-size.js';
import { adjust, type Family } from './families.js';
import { bootstrapInterval } from './interval.js';
import { METRICS, type CellPair, type Metric } from './pair-images.js';
import { pairedSample, type PairedSample } from './paired-sample.js';
import { wilcoxonSignedRank } from './wilcoxon.js';

export const CONFIDENCE_LEVEL = 0.95;

/** How the numbers of a comparison were made. */
export interface StatisticsProtocol {
  readonly confidenceLevel: number;
  readonly interval: string;
  readonly resamples: number;
  readonly bootstrapSeed: number;
  readonly test: string;
  readonly adjustment: string;
}

export const STATISTICS_PROTOCOL: StatisticsProtocol = {
  confidenceLevel: CONFIDENCE_LEVEL,
  interval:
    'two-level bootstrap (seeds, then groups within them), percentiles stretched by Student over normal',
  resamples: DEFAULT_RESAMPLES,
  bootstrapSeed: BOOTSTRAP_SEED,
  test: 'Wilcoxon signed-rank on group means, two-sided, zeros left out',
  adjustment:
    'Holm within each family: of one table, one metric over all images or by magnification',
};

/** One comparison on one metric: a row of a comparison table. */
export interface ComparisonRow {
  /** The cells compared, without their seed. */
  readonly cell: string;
  /** What they are compared with: other cells, without their seed, or `bicubic`. */
  readonly baseline: string;
  readonly metric: Metric;
  readonly magnification: number | 'all';
  /** Mean of the paired differences over images and seeds: dB, or SSIM. */
  readonly difference: number;
  /** 95 %; null with fewer than 2 groups. */
  readonly interval: Interval | null;
  readonly pValue: number | null;
  readonly method: 'exact' | 'approximate';
  /** What it is adjusted with. */
  readonly family: Family;
  /** Holm's, over the family. */
  readonly adjustedPValue: number | null;
  readonly cohensDz: number | null;
  readonly rankBiserial: number | null;
  /** Slides or patients; where seeds were tested on different ones, of all seeds together. */
  readonly groups: number;
  readonly seeds: readonly number[];
  readonly images: number;
  readonly leftOutImages: number;
}

/** Cells and what they are compared with, one pair for each seed. */
export interface Contrast {
  readonly cell: string;
  readonly baseline: string;
  readonly pairs: readonly CellPair[];
}

export interface CompareOptions extends BootstrapOptions {
  /** The metric that answers the experiment's question; by default these comparisons answer none. */
  readonly primary?: Metric | null;
}

/**
 * Compares on every metric, per magnification and over all images.
 * @throws MmsrError E_RUN_DIRECTORY when a pair was not tested on the same images
 */
export function compare(
  contrasts: readonly Contrast[],
  { primary = null, ...options }: CompareOptions = {},
): ComparisonRow[] {
  const rows = contrasts.flatMap((contrast) =>
    METRICS.flatMap((metric) =>
      magnificationsOf(contrast).flatMap((magnification) => {
        const sample = pairedSample(contrast.pairs, metric, magnification);
        if (sample === undefined) return [];
        return [{ ...namesOf(contrast), metric, magnification, ...test(sample, options) }];
      }),
    ),
  );
  return adjust(rows, primary);
}

function namesOf({ cell, baseline }: Contrast): Pick<Contrast, 'cell' | 'baseline'> {
  return { cell, baseline };
}

/** Descending, then all when there are several. */
function magnificationsOf({ pairs }: Contrast): (number | 'all')[] {
  const images = pairs.flatMap(({ cell }) => cell.images);
  const found = [...new Set(images.map(({ magnification }) => magnification))];
  return [...found.sort((a, b) => b - a), ...(found.length > 1 ? ['all' as const] : [])];
}

function test(sample: PairedSample, options: BootstrapOptions) {
  const { groupMeans, seeds, difference, images, leftOut } = sample;
  const signedRank = wilcoxonSignedRank(groupMeans);
  return {
    difference,
    interval: groupMeans.length < 2 ? null : bootstrapInterval(sample, options),
    pValue: signedRank.pValue,
    method: signedRank.method,
    cohensDz: cohensDz(groupMeans),
    rankBiserial: rankBiserial(signedRank),
    groups: groupMeans.length,
    seeds: seeds.map(({ seed }) => seed),
    images,
    leftOutImages: leftOut,
  };
}

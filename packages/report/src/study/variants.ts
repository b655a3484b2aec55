import { canonical, type ConfusionMatrix, type Json, type MetricValues } from '@mmsr/core';
import { mean, standardDeviation } from '../statistics/effect-size.js';
import { measuring, type DoneCell } from './done-cell.js';

/** Cells that differ only in their seed. */
export interface Variant {
  /** The cells' name without the seed. */
  readonly name: string;
  /** What the matrix sets, without the seed. */
  readonly settings: Readonly<Record<string, Json>>;
  /** By seed, ascending; at least one. */
  readonly cells: readonly [DoneCell, ...DoneCell[]];
}

/** Mean and standard deviation over seeds; the deviation is null of one seed. */
export interface Spread {
  readonly mean: number;
  readonly sd: number | null;
}

export interface VariantMetrics {
  readonly psnrDb: Spread | null;
  readonly ssim: Spread | null;
  /** Share of images whose magnification the branch names. */
  readonly accuracy: Spread | null;
  readonly bicubic: { readonly psnrDb: Spread | null; readonly ssim: Spread | null };
}

/** What the tables show of a variant. */
export interface VariantSummary {
  readonly name: string;
  readonly settings: Readonly<Record<string, Json>>;
  readonly cells: readonly string[];
  readonly seeds: readonly number[];
  /** Trainable: of the whole model, and of the branch alone. */
  readonly parameters: { readonly total: number; readonly head: number };
  /** By magnification, and `all`. */
  readonly metrics: Readonly<Record<string, VariantMetrics>>;
  /** Counts of all seeds together. */
  readonly confusion: ConfusionMatrix | null;
}

/** Gathers cells that differ only in their seed and were measured alike, in the order of the cells. */
export function toVariants(cells: readonly DoneCell[]): Variant[] {
  const bySettings = new Map<string, DoneCell[]>();
  for (const cell of cells) {
    const key = canonical([withoutKeys(cell.settings, ['seed']), measuring(cell)]);
    bySettings.set(key, [...(bySettings.get(key) ?? []), cell]);
  }
  return [...bySettings.values()].map((same) => {
    const sorted = same.sort((a, b) => a.seed - b.seed) as [DoneCell, ...DoneCell[]];
    return {
      name: commonName(sorted),
      settings: withoutKeys(sorted[0].settings, ['seed']),
      cells: sorted,
    };
  });
}

export function withoutKeys(
  settings: Readonly<Record<string, Json>>,
  keys: readonly string[],
): Record<string, Json> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !keys.includes(key)));
}

/** The cells' name without its part for the seed, where that is all they differ in. */
function commonName([first, ...others]: readonly [DoneCell, ...DoneCell[]]): string {
  if (!('seed' in first.settings)) return first.cell;
  const bare = ({ cell, seed }: DoneCell) =>
    cell
      .split('_')
      .filter((part) => part !== `seed-${seed}`)
      .join('_');
  const name = bare(first);
  const same = others.every((cell) => bare(cell) === name);
  if (!same) return first.cell;
  return name === '' ? 'main' : name;
}

export function summarizeVariant({ name, settings, cells }: Variant): VariantSummary {
  const [first] = cells;
  const keys = Object.keys(first.results.summary);
  const { total, head } = first.results.parameters;
  return {
    name,
    settings,
    cells: cells.map(({ cell }) => cell),
    seeds: cells.map(({ seed }) => seed),
    parameters: { total, head },
    metrics: Object.fromEntries(keys.map((key) => [key, metricsOf(cells, key)])),
    confusion: confusionOf(cells),
  };
}

function metricsOf(cells: readonly DoneCell[], key: string): VariantMetrics {
  const summaries = cells.map(({ results }) => results.summary[key]);
  const both = (of: (values: MetricValues) => number | undefined) =>
    spreadOf(summaries.map((s) => s && of(s)));
  return {
    psnrDb: both(({ psnrDb }) => psnrDb),
    ssim: both(({ ssim }) => ssim),
    accuracy: spreadOf(summaries.map((summary) => summary?.accuracy)),
    bicubic: {
      psnrDb: spreadOf(summaries.map((summary) => summary?.bicubic.psnrDb)),
      ssim: spreadOf(summaries.map((summary) => summary?.bicubic.ssim)),
    },
  };
}

/** Null unless every seed has a finite value: JSON holds NaN and infinity as null. */
function spreadOf(values: readonly (number | null | undefined)[]): Spread | null {
  const finite = values.filter((value) => typeof value === 'number' && Number.isFinite(value));
  if (finite.length < values.length) return null;
  return { mean: mean(finite as number[]), sd: standardDeviation(finite as number[]) };
}

function confusionOf(cells: readonly DoneCell[]): ConfusionMatrix | null {
  const [first, ...others] = cells.map(({ results }) => results.confusion);
  if (first === undefined || first === null) return null;
  const { actual, predicted } = first;
  const same = others.every(
    (other) =>
      other !== null &&
      canonical([[...other.actual], [...other.predicted]]) ===
        canonical([[...actual], [...predicted]]),
  );
  if (!same) return null;
  const counts = first.counts.map((row, i) =>
    row.map((count, j) => others.reduce((sum, other) => sum + (other?.counts[i]?.[j] ?? 0), count)),
  );
  return { actual, predicted, counts };
}

import type { ResultProtocol, StudyRecord } from '@mmsr/core';
import type { BootstrapOptions } from '../statistics/bootstrap.js';
import {
  compare,
  STATISTICS_PROTOCOL,
  type ComparisonRow,
  type StatisticsProtocol,
} from '../statistics/compare.js';
import type { Metric } from '../statistics/pair-images.js';
import { belowBicubic, warningsOf } from '../statistics/warnings.js';
import type { CellState } from './cell-state.js';
import { splitComparable, type ComparableVariants } from './comparable.js';
import { baselineContrasts, bicubicContrasts } from './contrasts.js';
import { loadStudyRuns, type StudyRuns } from './load-study.js';
import { summarizeVariant, toVariants, type VariantSummary } from './variants.js';

/** Variants that were measured alike on the same images. */
export interface SummaryBlock {
  readonly scale: number;
  readonly protocol: ResultProtocol;
  /** Which weights were evaluated, of all variants. */
  readonly weights: readonly ResultProtocol['weights'][];
  readonly variants: readonly VariantSummary[];
}

/** A table of comparisons. */
export interface Comparison {
  readonly rows: readonly ComparisonRow[];
  /** What the reader must know before believing the rows. */
  readonly warnings: readonly string[];
}

/** Everything tables and reports show of a study; plain JSON. */
export interface StudySummary {
  readonly format: 1;
  readonly name: string;
  readonly description: string;
  readonly compare: StudyRecord['compare'];
  readonly statistics: StatisticsProtocol;
  readonly cells: readonly CellState[];
  readonly blocks: readonly SummaryBlock[];
  /** Along `compare`; null when the study compares nothing. */
  readonly baseline: Comparison | null;
  readonly bicubic: Comparison;
  /** What is missing, left out or not comparable, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Summarizes a study's folder or one run.
 * @throws MmsrError E_RUN_DIRECTORY when there is no run in it, or cells were not tested on the same images
 */
export async function summarizeStudy(
  folder: string,
  options: BootstrapOptions = {},
): Promise<StudySummary> {
  return summarizeRuns(await loadStudyRuns(folder), options);
}

/** @throws MmsrError E_RUN_DIRECTORY when cells that are compared were not tested on the same images */
export function summarizeRuns(runs: StudyRuns, options: BootstrapOptions = {}): StudySummary {
  const variants = toVariants(runs.done);
  const blocks = splitComparable(variants);
  const planned = runs.compare && baselineContrasts(variants, runs.compare);
  const { resamples, bootstrapSeed } = STATISTICS_PROTOCOL;
  const statistics: StatisticsProtocol = {
    ...STATISTICS_PROTOCOL,
    resamples: options.resamples ?? resamples,
    bootstrapSeed: options.seed ?? bootstrapSeed,
  };
  const primary = primaryMetric(runs);
  const toComparison = (rows: ComparisonRow[], more: string[] = []) => {
    return { rows, warnings: [...more, ...warningsOf(rows)] };
  };
  const bicubic = compare(bicubicContrasts(variants), {
    ...options,
    primary: planned ? null : primary,
  });
  return {
    format: 1,
    name: runs.name,
    description: runs.description,
    compare: runs.compare,
    statistics,
    cells: runs.states,
    blocks: blocks.map(toSummaryBlock),
    baseline:
      planned &&
      toComparison(
        compare(planned.contrasts, { ...options, primary }),
        belowBicubic(bicubic, primary),
      ),
    bicubic: toComparison(bicubic),
    notes: [
      ...cellNotes(runs.states),
      ...blockNotes(blocks),
      ...deviceNotes(runs),
      ...(planned?.notes ?? []),
    ],
  };
}

/** The first of `evaluation.metrics`. */
function primaryMetric({ done }: StudyRuns): Metric {
  const [first] = done[0]?.manifest.experiment.evaluation?.metrics ?? [];
  return first === 'ssim' ? 'ssim' : 'psnrDb';
}

function toSummaryBlock({ scale, protocol, variants }: ComparableVariants): SummaryBlock {
  const weights = variants.flatMap(({ cells }) =>
    cells.map(({ results }) => results.protocol.weights),
  );
  return {
    scale,
    protocol,
    weights: [...new Set(weights)],
    variants: variants.map(summarizeVariant),
  };
}

function cellNotes(states: readonly CellState[]): string[] {
  const named = (state: CellState['state']) => states.filter((cell) => cell.state === state);
  const listed = (state: CellState['state'], text: string) => {
    const names = named(state).map(({ cell }) => cell);
    return names.length === 0 ? [] : [`${text}: ${names.join(', ')}.`];
  };
  const because = (state: CellState['state'], text: string) =>
    named(state).map(({ cell, reason }) => `${text}: ${cell}${reason ? ` (${reason})` : ''}.`);
  return [
    ...listed('not-started', 'Not started'),
    ...listed('unfinished', 'Not done'),
    ...listed('stopped', 'Stopped'),
    ...because('failed', 'Failed'),
    ...because('left-out', 'Left out'),
  ];
}

function blockNotes(blocks: readonly ComparableVariants[]): string[] {
  if (blocks.length < 2) return [];
  return [
    `Cells were measured in ${blocks.length} ways or on other images, so each has a table of its own.`,
  ];
}

function deviceNotes({ done }: StudyRuns): string[] {
  const engines = new Set(
    done.flatMap(({ manifest: { device } }) =>
      device ? [`${device.engine} ${device.version}`] : [],
    ),
  );
  return engines.size < 2 ? [] : [`Cells ran on different engines: ${[...engines].join(', ')}.`];
}

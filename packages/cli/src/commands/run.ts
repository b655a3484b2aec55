import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import {
  describeError,
  InputError,
  MmsrError,
  type CellResults,
  type DifferenceKind,
  type ErrorCode,
  type Progress,
} from '@mmsr/core';
import type { StudySummary } from '@mmsr/report';
import { exitCodeOf, EXIT, STOP_SIGNALS, type StopSignal } from '../exit-codes.js';
import { ProgressPrinter } from '../progress-printer.js';
import { finishStudy } from '../finish-study.js';
import type { WrittenReport } from '../reports.js';
import { formatBest, formatProtocol, formatResults } from '../results-table.js';
import { loadStudy, runStudy, type CellReport, type LoadedStudy } from '../study.js';
import { dryRun } from './dry-run.js';
import { formatAnswer } from './report.js';

export interface RunCommandOptions {
  readonly profile?: string;
  readonly set: readonly string[];
  readonly only: readonly string[];
  readonly out: string;
  readonly json: boolean;
  readonly launcher?: string;
  readonly jobs: number;
  readonly rerunStale: boolean;
  readonly dryRun: boolean;
  readonly allow: readonly DifferenceKind[];
}

/** `mmsr-run EXP.yaml`. @returns the exit code */
export async function runCommand(file: string, options: RunCommandOptions): Promise<number> {
  const printer = new ProgressPrinter(process.stderr);
  if (options.dryRun) return dryRun(await loadStudy(file, options), options);
  const stop = stopOnSignal((signal) => {
    printer.line(`${signal}: saving a checkpoint after this step, then stopping`);
  });
  const onProgress = (cell: string, progress: Progress) => printer.show(cell, progress);
  try {
    const study = await loadStudy(file, options);
    const reports = await runStudy(study, {
      out: options.out,
      ...(options.launcher !== undefined && { launcher: options.launcher }),
      jobs: options.jobs,
      rerunStale: options.rerunStale,
      allow: options.allow,
      signal: stop.signal,
      onProgress,
    });
    report(study.name, reports, options.json);
    const written = await finishStudy(study, reports, { out: options.out, onProgress });
    if (written !== undefined && !options.json) answer(study, written);
    return exitCodeOf(
      reports.map(({ outcome }) => outcome),
      stop.received(),
    );
  } finally {
    stop.release();
  }
}

/** The first signal asks the run to stop; further ones change nothing: the checkpoint is under way. */
function stopOnSignal(onFirst: (signal: StopSignal) => void) {
  const controller = new AbortController();
  let received: StopSignal | undefined;
  const listen = (signal: NodeJS.Signals) => {
    if (received !== undefined) return;
    received = signal as StopSignal;
    onFirst(received);
    controller.abort();
  };
  const signals = Object.keys(STOP_SIGNALS) as StopSignal[];
  for (const signal of signals) process.on(signal, listen);
  return {
    signal: controller.signal,
    received: () => received,
    release: () => {
      for (const signal of signals) process.off(signal, listen);
    },
  };
}

function report(study: string, reports: readonly CellReport[], json: boolean): void {
  const done = reports.flatMap(({ results }) => (results === undefined ? [] : [results]));
  if (json) {
    process.stdout.write(`${JSON.stringify({ study, cells: reports.map(toJson) }, null, 2)}\n`);
  } else if (done.length > 0) {
    const [first] = done as [CellResults, ...CellResults[]];
    process.stdout.write(`\n${formatResults(done)}\n\n${formatProtocol(first)}\n`);
    for (const { directory, results } of reports) {
      if (results !== undefined)
        process.stdout.write(`${shown(directory)}${formatBest(results)}\n`);
    }
  }
  for (const { cell, outcome, error, directory } of reports) {
    if (error !== undefined) process.stderr.write(`${cell} failed: ${describe(error)}\n`);
    if (outcome === 'stopped') {
      const what = existsSync(directory) ? 'stopped; run again to go on' : 'not begun; run again';
      process.stderr.write(`${cell} ${what} (${shown(directory)})\n`);
    }
  }
}

/** Says what the study compares, once all of its cells are done, and where the report is. */
function answer(study: LoadedStudy, { summary, files }: WrittenReport): void {
  if (isComplete(study, summary)) process.stdout.write(`\n${formatAnswer(summary)}\n`);
  process.stdout.write(`\n${shown(files[0] as string)}\n`);
}

function isComplete({ compare, cellNames }: LoadedStudy, { cells }: StudySummary): boolean {
  const done = cells.filter(({ state }) => state === 'done').map(({ cell }) => cell);
  return compare !== null && cellNames.every((name) => done.includes(name));
}

function toJson({ cell, directory, outcome, results, error }: CellReport) {
  return {
    cell,
    directory,
    outcome,
    ...(results === undefined
      ? {}
      : {
          summary: results.summary,
          protocol: results.protocol,
          bestCheckpoint: results.bestCheckpoint,
        }),
    ...(error === undefined ? {} : { error: describe(error) }),
  };
}

function shown(directory: string): string {
  const path = relative(process.cwd(), directory);
  return path.startsWith('..') ? directory : path;
}

/** An error as the user sees it; the stack only of what is a fault of the program. */
export function describe(error: unknown): string {
  const isExpected = error instanceof InputError || error instanceof MmsrError;
  return error instanceof Error && !isExpected
    ? (error.stack ?? error.message)
    : describeError(error);
}

/** What fails although the input is right. */
const NOT_INPUT: readonly ErrorCode[] = [
  'E_ENGINE',
  'E_NON_FINITE',
  'E_OUT_OF_MEMORY',
  'E_TRACKING',
];

/** The exit code of an error that ended a command. */
export function exitCodeOfError(error: unknown): number {
  const wrongInput =
    error instanceof InputError || (error instanceof MmsrError && !NOT_INPUT.includes(error.code));
  return wrongInput ? EXIT.wrongInput : EXIT.failed;
}

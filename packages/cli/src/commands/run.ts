import { join, relative, resolve } from 'node:path';
import { InputError, messageOf, MmsrError, type CellResults, type ErrorCode } from '@mmsr/core';
import { summarizeStudy } from '@mmsr/report';
import { exitCodeOf, EXIT, STOP_SIGNALS, type StopSignal } from '../exit-codes.js';
import { ProgressPrinter } from '../progress-printer.js';
import { formatProtocol, formatResults } from '../results-table.js';
import { loadStudy, runStudy, type CellReport, type LoadedStudy } from '../study.js';
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
}

/** `mmsr-run EXP.yaml`. @returns the exit code */
export async function runCommand(file: string, options: RunCommandOptions): Promise<number> {
  const printer = new ProgressPrinter(process.stderr);
  const study = await loadStudy(file, options);
  const stop = stopOnSignal((signal) => {
    printer.line(`${signal}: saving a checkpoint after this step, then stopping`);
  });
  try {
    const reports = await runStudy(study, {
      out: options.out,
      ...(options.launcher !== undefined && { launcher: options.launcher }),
      jobs: options.jobs,
      rerunStale: options.rerunStale,
      signal: stop.signal,
      onProgress: (cell, progress) => printer.show(cell, progress),
    });
    report(study.name, reports, options.json);
    if (!options.json) await answer(study, options.out, reports);
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
    for (const { directory, outcome } of reports) {
      if (outcome === 'done') process.stdout.write(`${shown(directory)}\n`);
    }
  }
  for (const { cell, outcome, error, directory } of reports) {
    if (error !== undefined) process.stderr.write(`${cell} failed: ${describe(error)}\n`);
    if (outcome === 'stopped') {
      process.stderr.write(`${cell} stopped; run again to go on (${shown(directory)})\n`);
    }
  }
}

/** What the study compares, once all of its cells are done. */
async function answer(
  study: LoadedStudy,
  out: string,
  reports: readonly CellReport[],
): Promise<void> {
  if (study.compare === null || reports.some(({ outcome }) => outcome !== 'done')) return;
  const summary = await summarizeStudy(join(resolve(out), study.name));
  const complete = study.cellNames.every((name) =>
    summary.cells.some(({ cell, state }) => cell === name && state === 'done'),
  );
  if (complete) process.stdout.write(`\n${formatAnswer(summary)}\n`);
}

function toJson({ cell, directory, outcome, results, error }: CellReport) {
  return {
    cell,
    directory,
    outcome,
    ...(results === undefined ? {} : { summary: results.summary, protocol: results.protocol }),
    ...(error === undefined ? {} : { error: describe(error) }),
  };
}

function shown(directory: string): string {
  const path = relative(process.cwd(), directory);
  return path.startsWith('..') ? directory : path;
}

/** An error as the user sees it; the stack only of what is a fault of the program. */
export function describe(error: unknown): string {
  if (error instanceof InputError) return error.message;
  if (error instanceof MmsrError) return error.describe();
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}

/** What fails although the input is right. */
const NOT_INPUT: readonly ErrorCode[] = ['E_ENGINE', 'E_NON_FINITE', 'E_TRACKING'];

/** The exit code of an error that ended a command. */
export function exitCodeOfError(error: unknown): number {
  const wrongInput =
    error instanceof InputError || (error instanceof MmsrError && !NOT_INPUT.includes(error.code));
  return wrongInput ? EXIT.wrongInput : EXIT.failed;
}

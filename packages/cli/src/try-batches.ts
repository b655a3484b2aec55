import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  type Experiment,
  freeMemoryBytes,
  InputError,
  MmsrError,
  type ProbeReport,
} from '@mmsr/core';
import type { BatchAnswer, BatchProblem, BatchRequest } from './batch-process.js';
import { inMegabytes } from './check-room.js';
import type { CellCheck } from './check.js';
import { unexplained } from './launchers/cell-process.js';
import { estimateSeconds, kindOf } from './plan-study.js';
import type { LoadedStudy } from './study.js';

/** What one batch and one image of a kind of cell showed. */
export interface TriedKind extends ProbeReport {
  /** The cell that was tried, and those that differ from it in the seed alone. */
  readonly cells: readonly [string, ...string[]];
  /** Of memory, before. */
  readonly freeBytes: number;
  /** Of a whole cell, roughly. */
  readonly seconds: number;
  /** What is doubtful, but no error. */
  readonly warnings: readonly string[];
}

export interface TryOptions {
  readonly profile?: string | undefined;
  readonly set?: readonly string[];
  /** Told before each kind of cell. */
  readonly onTry?: (text: string) => void;
}

const PROCESS = fileURLToPath(new URL('./batch-process.js', import.meta.url));
/** More than this share of what is free is worth a warning. */
const TIGHT = 0.8;
/** On two cores, some ten seconds. */
const LONG_FLOP = 2e12;
/** Of what a process said last. */
const SHOWN_CHARACTERS = 2000;

/**
 * Computes one batch, forward and backward, and one image of each kind of cell, each in a process of its own.
 * Nothing is written.
 * @throws InputError with what fails: losses that are not finite, shapes that do not fit, too little memory
 */
export async function tryBatches(
  study: LoadedStudy,
  checks: readonly CellCheck[],
  { profile, set = [], onTry }: TryOptions = {},
): Promise<TriedKind[]> {
  const kinds = new Map<string, { experiment: Experiment; cells: [string, ...string[]] }>();
  for (const { name, experiment } of study.cells) {
    const known = kinds.get(kindOf(experiment));
    if (known === undefined) kinds.set(kindOf(experiment), { experiment, cells: [name] });
    else known.cells.push(name);
  }
  const tried: TriedKind[] = [];
  const problems: MmsrError[] = [];
  for (const { experiment, cells } of kinds.values()) {
    const [cell] = cells;
    onTry?.(announce(cell, experiment, checks));
    const freeBytes = freeMemoryBytes();
    const answer = await ask({ file: study.file, cell, profile, set });
    if ('problems' in answer) {
      problems.push(...answer.problems.map((problem) => problemOf(cell, problem)));
      continue;
    }
    const { report } = answer;
    const seconds = estimateSeconds(report.cost, experiment, experiment.training.steps);
    const { problem, warnings } = judgeMemory(cell, report, freeBytes);
    if (problem !== undefined) problems.push(problem);
    tried.push({ ...report, cells, freeBytes, seconds, warnings });
  }
  if (problems.length > 0) throw new InputError(problems);
  return tried;
}

/** Such as `main: computing one batch of 4 patches of 16 px`. */
function announce(cell: string, experiment: Experiment, checks: readonly CellCheck[]): string {
  const { training, data, scale } = experiment;
  const { batchSize, accumulate } = training;
  const parameters = checks.find((check) => check.cell === cell)?.parameters ?? 0;
  // A convolution takes each of its weights for each pixel; backward is twice forward.
  const pixels = batchSize * accumulate * (data.train.patchPx / scale) ** 2;
  const isLong = 6 * parameters * pixels > LONG_FLOP;
  const text = `${cell}: computing one batch of ${batchSize} patches of ${data.train.patchPx} px`;
  return isLong ? `${text}; on a processor that can take minutes (--no-batch leaves it out)` : text;
}

/** Asks a process of its own. */
async function ask(request: BatchRequest): Promise<BatchAnswer> {
  const child = fork(PROCESS, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-SHOWN_CHARACTERS);
  });
  let answer: BatchAnswer | undefined;
  child.once('message', (message) => (answer = message as BatchAnswer));
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...end) => resolve(end));
  });
  child.send(request);
  const [code, killedBy] = await ended;
  if (answer !== undefined) return answer;
  const isMemory = killedBy === 'SIGKILL' || said.includes('heap out of memory');
  const message = unexplained(code, killedBy, said);
  return { problems: [{ code: isMemory ? 'E_OUT_OF_MEMORY' : 'E_ENGINE', message }] };
}

function problemOf(cell: string, { code, message, where, advice }: BatchProblem): MmsrError {
  const place = where === undefined ? '' : `${where}: `;
  return new MmsrError(code ?? 'E_ENGINE', `one batch of it fails: ${place}${message}`, {
    where: cell,
    advice: code === undefined ? 'Look at the plugins that it names: a run would fail so.' : advice,
  });
}

/** Compares the most that one batch and one image took with what was free before. */
export function judgeMemory(
  cell: string,
  {
    stepPeakBytes,
    imagePeakBytes,
    imagePx,
  }: Pick<ProbeReport, 'stepPeakBytes' | 'imagePeakBytes' | 'imagePx'>,
  freeBytes: number,
): { problem?: MmsrError; warnings: string[] } {
  const isImage = imagePeakBytes > stepPeakBytes;
  const peakBytes = Math.max(stepPeakBytes, imagePeakBytes);
  if (peakBytes <= TIGHT * freeBytes) return { warnings: [] };
  const what = isImage ? `an image of ${imagePx} px` : 'a step';
  const keys = isImage ? 'patchPx of data.test and data.validation' : 'training.batchSize or data.train.patchPx'; // prettier-ignore
  const text = `${what} takes ${inMegabytes(peakBytes)} of memory, ${inMegabytes(freeBytes)} are free`;
  const advice = `End other programs, or lower ${keys}.`;
  return peakBytes > freeBytes
    ? { problem: new MmsrError('E_OUT_OF_MEMORY', text, { where: cell, advice }), warnings: [] }
    : { warnings: [`${cell}: ${text}. ${advice}`] };
}

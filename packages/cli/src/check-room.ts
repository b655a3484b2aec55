import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  type Experiment,
  freeDiskBytes,
  InputError,
  messageOf,
  MmsrError,
  RunDirectory,
} from '@mmsr/core';
import { type CellCheck, inputsOf } from './check.js';
import type { LoadedStudy } from './study.js';

/** What a study writes, and where. */
export interface RoomCheck {
  /** Bytes of all checkpoints that will lie there at the same time, less those that lie there already. */
  readonly neededBytes: number;
  /** Bytes that are free there now. */
  readonly freeBytes: number;
}

const BYTES_PER_VALUE = 4;

/**
 * Looks before any training whether the checkpoints of the cells that are not done fit on the disk, and whether
 * run directories can be made.
 * @param out where run directories are made
 * @throws InputError E_FILE when not, saying how much is missing
 */
export async function checkRoom(
  study: LoadedStudy,
  checks: readonly CellCheck[],
  out: string,
): Promise<RoomCheck> {
  let neededBytes = 0;
  for (const { name, experiment } of study.cells) {
    const run = new RunDirectory(join(resolve(out), study.name, name));
    const isDone = (await run.results().catch(() => undefined)) !== undefined;
    const check = checks.find(({ cell }) => cell === name);
    if (!isDone) neededBytes += await missingBytes(run, experiment, check);
  }
  await assertWritable(resolve(out));
  const freeBytes = await freeDiskBytes(resolve(out));
  if (neededBytes <= freeBytes) return { neededBytes, freeBytes };
  throw problem(
    out,
    `the checkpoints take ${inMegabytes(neededBytes)}, ${inMegabytes(freeBytes)} are free`,
    'Free some space, lower `training.keep` or `training.keepBest.count`, or choose another folder with --out.',
  );
}

/** What a run still takes of the disk; one that lies there of another experiment or other images counts nothing. */
async function missingBytes(
  run: RunDirectory,
  experiment: Experiment,
  check: CellCheck | undefined,
): Promise<number> {
  const bytes = checkpointBytes(experiment, check?.parameters ?? 0);
  const stale = await run.staleness(inputsOf(experiment, check)).catch(() => ['manifest']);
  if (stale.length > 0) return bytes * atOnce(experiment);
  // Where as many lie there as will, the next one is written before one is removed.
  const isTrained = (await run.savedSteps()) >= experiment.training.steps;
  const least = isTrained ? 0 : bytes;
  return Math.max(least, bytes * atOnce(experiment) - (await bytesIn(run.checkpoints)));
}

/** Of checkpoints; damaged ones stay where they are and make no room. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const whole = names.filter((name) => !name.includes('.damaged'));
  const sizes = await Promise.all(whole.map((name) => fileBytes(join(folder, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A run that is under way may have removed it. */
async function fileBytes(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : 0;
}

/** Of one checkpoint: weights, their average, two moments. */
function checkpointBytes({ training }: Experiment, parameters: number): number {
  return BYTES_PER_VALUE * (training.ema === null ? 3 : 4) * parameters;
}

/** The checkpoints that are kept and the one being written. */
function atOnce({ training }: Experiment): number {
  const { keep, keepBest, steps, checkpointEverySteps, validateEverySteps } = training;
  const saved =
    Math.ceil(steps / checkpointEverySteps) +
    (keepBest === null ? 0 : Math.ceil(steps / validateEverySteps));
  const best = keepBest === null ? 0 : (keepBest.count ?? 1);
  return Math.min(keep + best, saved) + 1;
}

/** The folder, or the nearest one above it that is there. */
async function assertWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && dirname(folder) !== folder) return assertWritable(dirname(folder));
    throw problem(
      folder,
      `nothing can be written there: ${messageOf(error)}`,
      'Choose another folder with --out.',
    );
  }
}

function problem(where: string, message: string, advice: string): InputError {
  return new InputError([new MmsrError('E_FILE', message, { where, advice })]);
}

export function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}

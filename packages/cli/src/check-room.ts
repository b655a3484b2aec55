import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  type Experiment,
  freeDiskBytes,
  InputError,
  messageOf,
  MmsrError,
  RunDirectory,
} from '@mmsr/core';
import type { CellCheck } from './check.js';
import type { LoadedStudy } from './study.js';

/** What a study writes, and where. */
export interface RoomCheck {
  /** Bytes of all checkpoints that will lie there at the same time. */
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
    const results = join(resolve(out), study.name, name);
    const isDone = (await new RunDirectory(results).results().catch(() => undefined)) !== undefined;
    const parameters = checks.find(({ cell }) => cell === name)?.parameters ?? 0;
    if (!isDone) neededBytes += checkpointBytes(experiment, parameters);
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

/** Of the checkpoints that are kept and the one being written: weights, their average, two moments. */
function checkpointBytes({ training }: Experiment, parameters: number): number {
  const { ema, keep, keepBest, steps, checkpointEverySteps, validateEverySteps } = training;
  const arrays = ema === null ? 3 : 4;
  const saved =
    Math.ceil(steps / checkpointEverySteps) +
    (keepBest === null ? 0 : Math.ceil(steps / validateEverySteps));
  const best = keepBest === null ? 0 : (keepBest.count ?? 1);
  const atOnce = Math.min(keep + best, saved) + 1;
  return BYTES_PER_VALUE * arrays * parameters * atOnce;
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

import { join } from 'node:path';
import type { KeepBest } from '../experiment/schema.js';
import { isWhole, readLoopState } from './checkpoint-files.js';

/** A checkpoint and what its validation gave. */
export interface ValidatedCheckpoint {
  readonly step: number;
  /** Mean over the validation images: psnr in dB, ssim and accuracy in 0..1. */
  readonly value: number;
}

/**
 * The best whole checkpoints, the best one first; of equal ones the earlier counts. It is decided by what
 * the checkpoints themselves hold, so that it is the same after any interruption.
 * @param steps of the checkpoints in the folder
 */
export async function bestCheckpoints(
  folder: string,
  steps: readonly number[],
  { metric, count = 1 }: KeepBest,
): Promise<ValidatedCheckpoint[]> {
  const validated: ValidatedCheckpoint[] = [];
  for (const step of steps) {
    const value = (await readLoopState(join(folder, String(step))))?.validation?.[metric];
    if (value !== undefined) validated.push({ step, value });
  }
  validated.sort((a, b) => b.value - a.value || a.step - b.step);
  const best: ValidatedCheckpoint[] = [];
  for (const candidate of validated) {
    if (best.length === count) break;
    if (await isWhole(join(folder, String(candidate.step)))) best.push(candidate);
  }
  return best;
}

import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeepBest } from '../experiment/schema.js';
import { bestCheckpoints } from './best-checkpoint.js';
import { isWhole } from './checkpoint-files.js';
import { fileError, syncFolder } from './durable.js';

/** What is being written, or being removed: whatever happens to it, it is never taken for a checkpoint. */
export const UNFINISHED = '.tmp';
const DAMAGED = '.damaged';

/** Steps of the checkpoints in a folder, ascending; none when there is no folder. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  return (await entriesOf(folder))
    .filter((name) => /^(0|[1-9]\d{0,14})$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Whether damaged checkpoints were kept aside in a folder. */
export async function holdsDamaged(folder: string): Promise<boolean> {
  return (await entriesOf(folder)).some((name) => name.includes(DAMAGED));
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('cannot be read', folder, error);
  }
}

/** Which checkpoints stay. */
export interface Retention {
  /** How many of the newest. */
  readonly keep: number;
  /** Besides, those that were best in validation. */
  readonly keepBest?: KeepBest | null;
}

/**
 * Removes all but the newest `keep` checkpoints, those that are best and, where none of the newest is whole,
 * the newest that is. Each is renamed before it is removed, so that half of one never looks like a damaged one.
 */
export async function pruneCheckpoints(
  folder: string,
  { keep, keepBest = null }: Retention,
): Promise<void> {
  const newestFirst = (await listCheckpoints(folder)).reverse();
  if (newestFirst.length <= keep) return;
  const whole = await newestWhole(folder, newestFirst);
  if (whole === undefined) return;
  const best = keepBest === null ? [] : await bestCheckpoints(folder, newestFirst, keepBest);
  const kept = new Set([whole, ...best.map(({ step }) => step)]);
  const old = newestFirst.slice(keep).filter((step) => !kept.has(step));
  for (const step of old) {
    const path = join(folder, String(step));
    const gone = `${path}.removed${UNFINISHED}`;
    try {
      await rm(gone, { recursive: true, force: true });
      await rename(path, gone);
      await rm(gone, { recursive: true });
    } catch (error) {
      throw fileError('cannot be removed', path, error);
    }
  }
}

async function newestWhole(folder: string, newestFirst: number[]): Promise<number | undefined> {
  for (const step of newestFirst) {
    if (await isWhole(join(folder, String(step)))) return step;
  }
  return undefined;
}

/** Removes what interrupted saves and removals left. Call as the only process that works here. */
export async function removeUnfinished(folder: string): Promise<void> {
  const unfinished = (await entriesOf(folder)).filter((name) => name.endsWith(UNFINISHED));
  for (const name of unfinished) {
    await rm(join(folder, name), { recursive: true, force: true }).catch((error: unknown) => {
      throw fileError('cannot be removed', join(folder, name), error);
    });
  }
}

/**
 * Renames a damaged checkpoint, so that it is kept and never used.
 * @returns where it is now
 */
export async function setDamagedAside(folder: string, step: number): Promise<string> {
  const taken = new Set(await entriesOf(folder));
  let name = `${step}${DAMAGED}`;
  for (let number = 2; taken.has(name); number++) name = `${step}${DAMAGED}.${number}`;
  const aside = join(folder, name);
  try {
    await rename(join(folder, String(step)), aside);
    await syncFolder(folder);
  } catch (error) {
    throw fileError('cannot be renamed', join(folder, String(step)), error);
  }
  return aside;
}

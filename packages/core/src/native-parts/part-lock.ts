import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileError } from '../run/durable.js';
import { readOwner, stateOf, thisProcess, writeOwner, type Owner } from './owner.js';

const POLL_MS = 250;

export interface LockOptions {
  /** Told once, before waiting. */
  readonly onWait: (owner: Owner, lock: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One process at a time works on a key; another waits. The lock is a folder that names its owner, put in
 * place by a rename, which fails while the folder is there: so there is never a lock without an owner.
 * The lock of a dead process is taken over, and that of another host or container, of which nothing can
 * be known: should two work at once, each makes a folder of its own and the second finds itself done.
 * @returns what releases the lock
 */
export async function lockPart(
  cache: string,
  key: string,
  { onWait, signal }: LockOptions,
): Promise<() => Promise<void>> {
  const lock = lockPath(cache, key);
  let told = false;
  while (!(await place(lock))) {
    const owner = await livingOwner(lock);
    if (owner === undefined) {
      await takeAway(lock, (found) => !isAlive(found));
      continue;
    }
    if (!told) onWait(owner, lock);
    told = true;
    await delay(POLL_MS, undefined, { signal });
  }
  return () => takeAway(lock, (owner) => owner?.pid === process.pid);
}

function lockPath(cache: string, key: string): string {
  return join(cache, `.${key}.lock`);
}

/** Puts a lock in place. @returns false where there is one already */
export async function place(lock: string, owner: Owner = thisProcess()): Promise<boolean> {
  const made = await mkdtemp(`${lock}.`);
  await writeOwner(made, owner);
  try {
    await rename(made, lock);
    return true;
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    if (isTaken(error)) return false;
    throw fileError('cannot be made', lock, error);
  }
}

async function livingOwner(folder: string): Promise<Owner | undefined> {
  const owner = await readOwner(folder);
  return isAlive(owner) ? owner : undefined;
}

function isAlive(owner: Owner | undefined): owner is Owner {
  return owner !== undefined && stateOf(owner) === 'alive';
}

/** Removes a lock in one step, also on a disk without room. One that another process took meanwhile is put back. */
export async function takeAway(
  lock: string,
  isMeant: (owner: Owner | undefined) => boolean,
): Promise<void> {
  const taken = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, taken);
    const owner = await readOwner(taken).catch(async (error: unknown) => {
      await rename(taken, lock);
      throw error;
    });
    if (!isMeant(owner)) await rename(taken, lock);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && !isTaken(error)) throw fileError('cannot be removed', lock, error);
  } finally {
    await rm(taken, { recursive: true, force: true });
  }
}

/** Whether a rename failed because something is there already. */
export function isTaken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const codes = process.platform === 'win32' ? ['EPERM', 'EACCES'] : ['ENOTEMPTY', 'ENOTDIR'];
  return code === 'EEXIST' || codes.includes(code);
}

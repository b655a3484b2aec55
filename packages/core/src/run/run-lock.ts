import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MmsrError } from '../errors.js';
import { OWNER_FILE, readOwner, stateOf, thisProcess, type Owner } from '../native-parts/owner.js';
import { place, takeAway } from '../native-parts/part-lock.js';
import { fileError, makeFolder } from './durable.js';
import { BEAT_FILE, BEAT_MS, startHeartbeat } from './heartbeat.js';

/** The process that works in a run directory. */
export interface RunOwner extends Owner {
  readonly id: string;
  readonly host: string;
  /** For people: nothing is decided by a clock, which may jump. */
  readonly since: string;
}

export interface RunLockOptions {
  /** Told before the heart of a process elsewhere is listened for. */
  readonly onWait?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** Waits between two looks at the heartbeat of another host. */
  readonly pause?: () => Promise<void>;
}

const PAUSE_MS = 1000;
/** Eight beats missed: the process is gone, or so stuck that it will find its lock taken. */
const LOOKS = (8 * BEAT_MS) / PAUSE_MS;

/** One process at a time works in a run directory; the lock is the folder `.CELL.lock` beside it. */
export class RunLock {
  readonly #stopHeartbeat: () => Promise<void>;

  private constructor(
    private readonly path: string,
    private readonly owner: RunOwner,
  ) {
    const options = { lock: path, ownerFile: OWNER_FILE, owner: JSON.stringify(owner) };
    this.#stopHeartbeat = startHeartbeat(options);
  }

  /**
   * Takes the lock. That of a dead process of this machine is taken over at once; that of another machine
   * or container when its heart has not beaten for eight beats.
   * @throws MmsrError E_RUN_LOCKED saying who has it
   */
  static async take(directory: string, options: RunLockOptions = {}): Promise<RunLock> {
    const path = lockPath(directory);
    const owner = { ...thisProcess(), ...describeHere() };
    try {
      await makeFolder(dirname(path));
      while (!(await place(path, owner))) await takeOver(path, options);
    } catch (error) {
      throw error instanceof MmsrError ? error : fileError('cannot be locked', directory, error);
    }
    await removeAbandoned(path);
    return new RunLock(path, owner);
  }

  /** @throws MmsrError E_RUN_LOCKED when another process took the lock over, as after a long suspension */
  async assertHeld(): Promise<void> {
    const owner = (await readOwner(this.path)) as RunOwner | undefined;
    if (owner?.id === this.owner.id) return;
    throw new MmsrError('E_RUN_LOCKED', `the lock is now held by ${nameOf(owner)}`, {
      where: this.path,
      advice: 'Nothing was written since. Leave the run to the other process.',
    });
  }

  async release(): Promise<void> {
    await this.#stopHeartbeat();
    await takeAway(this.path, (owner) => (owner as RunOwner | undefined)?.id === this.owner.id);
  }
}

function lockPath(directory: string): string {
  return join(dirname(directory), `.${basename(directory)}.lock`);
}

function describeHere() {
  return { id: randomUUID(), host: hostname(), since: new Date().toISOString() };
}

/** Removes the lock of a process that is gone. */
async function takeOver(path: string, options: RunLockOptions): Promise<void> {
  const owner = (await readOwner(path)) as RunOwner | undefined;
  const state = owner === undefined ? 'dead' : stateOf(owner);
  if (state === 'alive') throw locked(path, owner);
  if (state === 'elsewhere' && (await isBeating(path, owner as RunOwner, options))) {
    throw locked(path, owner);
  }
  await takeAway(path, (found) => (found as RunOwner | undefined)?.id === owner?.id);
}

/** Whether the heart of another machine's process beats, seen by its beats alone, not by their times. */
async function isBeating(
  path: string,
  owner: RunOwner,
  { onWait, signal, pause = () => delay(PAUSE_MS, undefined, { signal }) }: RunLockOptions,
): Promise<boolean> {
  onWait?.(`waiting for a sign of life of ${nameOf(owner)}, which has the lock ${path}`);
  const beat = () => readFile(join(path, BEAT_FILE), 'utf8').catch(() => '');
  const before = await beat();
  for (let look = 0; look < LOOKS; look++) {
    await pause();
    const found = (await readOwner(path)) as RunOwner | undefined;
    if (found?.id !== owner.id) return false;
    if ((await beat()) !== before) return true;
  }
  return false;
}

function locked(path: string, owner: RunOwner | undefined): MmsrError {
  return new MmsrError('E_RUN_LOCKED', `is worked on by ${nameOf(owner)}`, {
    where: path,
    advice: 'Wait until it ends, or stop it; a run directory is for one process at a time.',
  });
}

function nameOf(owner: RunOwner | undefined): string {
  if (owner === undefined) return 'nobody';
  return `process ${owner.pid} on ${owner.host} since ${owner.since}`;
}

/** What processes that were killed while they took the lock left beside it. */
async function removeAbandoned(lock: string): Promise<void> {
  const folder = dirname(lock);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(lock)}.`)) continue;
    const left = join(folder, name);
    const owner = await readOwner(left).catch(() => undefined);
    if (owner !== undefined && stateOf(owner) === 'dead') {
      await rm(left, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

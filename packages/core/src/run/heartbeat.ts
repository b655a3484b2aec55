import { Worker } from 'node:worker_threads';

/** How often a lock's owner shows that it lives. */
export const BEAT_MS = 5000;

/** In a lock's folder; its content changes with every beat. */
export const BEAT_FILE = 'beat';

/*
 * In a thread of its own, since a training step may keep the main thread busy for longer than anyone
 * waits for a beat. It ends when the lock is no longer its owner's.
 */
const BEATING = `
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { workerData: { lock, ownerFile, owner, beatFile, beatMs } } = require('node:worker_threads');
let beats = 0;
function beat() {
  try {
    if (readFileSync(join(lock, ownerFile), 'utf8') !== owner) return clearInterval(timer);
    writeFileSync(join(lock, beatFile), String(++beats));
  } catch (error) {
    if (error.code === 'ENOENT') clearInterval(timer);
  }
}
const timer = setInterval(beat, beatMs);
beat();
`;

export interface HeartbeatOptions {
  readonly lock: string;
  readonly ownerFile: string;
  /** The content of the owner's file. */
  readonly owner: string;
  readonly beatMs?: number;
}

/** Beats until it is stopped. @returns what stops it */
export function startHeartbeat({ beatMs = BEAT_MS, ...rest }: HeartbeatOptions) {
  const workerData = { ...rest, beatMs, beatFile: BEAT_FILE };
  const worker = new Worker(BEATING, { eval: true, workerData, execArgv: [], stderr: false });
  worker.unref();
  return async (): Promise<void> => {
    await worker.terminate();
  };
}

import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkedManifest } from '@mmsr/core/checked-files';
import { MmsrError } from '@mmsr/core/errors';
import { connectionOf, wouldGetCredentials, type Connection } from './client/connection.js';
import { MlflowClient } from './client/mlflow-client.js';
import { MlflowError } from './client/mlflow-error.js';
import { Transport } from './client/transport.js';
import { pauseAfter } from './live/send-queue.js';
import type { MlflowOptions } from './options.js';
import { readJsonFile } from './spool/run-files.js';
import { RunSender } from './spool/run-sender.js';
import { lockSender } from './spool/sender-lock.js';
import { runFolders, sendStudy } from './spool/study-run.js';

const ATTEMPTS = 6;
const TIMEOUT_MS = 30000;

export interface SyncOptions {
  /** Default: the one of the experiment, else MLFLOW_TRACKING_URI. */
  readonly uri?: string | undefined;
  /** Failures in a row, with nothing sent between them, after which it is an error. Default: 6, in half a minute. */
  readonly attempts?: number;
  /** Ends the request under way. */
  readonly signal?: AbortSignal | undefined;
  /** Told what can never be sent. */
  readonly onSkip?: (message: string) => void;
  readonly onRun?: (run: SyncedRun) => void;
  readonly pause?: (ms: number) => Promise<unknown>;
}

export interface SyncedRun {
  readonly directory: string;
  /** `busy`: a process is at work on it and sends it itself. */
  readonly state: 'sent' | 'complete' | 'busy';
}

/**
 * Sends to MLflow what is not there yet, of a run or a study.
 * @param folder a run directory or a study's folder
 * @throws MmsrError E_RUN_DIRECTORY when it is neither; E_TRACKING when the server does not take it, or
 *   when credentials would go to a server that only the folder names
 */
export async function syncFolder(folder: string, options: SyncOptions = {}): Promise<SyncedRun[]> {
  const path = resolve(folder);
  const isRun = (await stat(join(path, 'manifest.json')).catch(() => undefined)) !== undefined;
  const directories = isRun ? [path] : await runFolders(path).catch(noneWhereNoFolder);
  const [first] = directories;
  if (first === undefined) {
    throw new MmsrError('E_RUN_DIRECTORY', 'holds no run', {
      where: folder,
      advice: 'Give the folder of a study, such as runs/NAME, or of one run.',
    });
  }
  for (const directory of directories) await requireTrust(directory, options);
  const runs: SyncedRun[] = [];
  for (const directory of directories) {
    const run = { directory, state: await syncRun(directory, options) };
    runs.push(run);
    options.onRun?.(run);
  }
  await syncStudy(isRun ? dirname(path) : path, first, runs, options);
  return runs;
}

/** A folder that is not there holds no run; one that cannot be read may hold some. */
function noneWhereNoFolder(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
}

/**
 * A run directory may come from somebody else, and so may the address in it: credentials of the
 * environment go to no server that the directory alone names.
 */
async function requireTrust(directory: string, { uri }: SyncOptions): Promise<void> {
  const { uri: named = '' } = await trackingOf(directory);
  if (uri !== undefined || named === '' || !wouldGetCredentials(named)) return;
  throw new MlflowError(
    `only the run itself names the server ${connectionOf(named)?.address}, which would get your credentials`,
    {
      consequence: 'halt',
      where: directory,
      advice: 'Give --uri URI or set MLFLOW_TRACKING_URI to let a server have them.',
    },
  );
}

async function syncRun(directory: string, options: SyncOptions): Promise<SyncedRun['state']> {
  const release = await lockSender(directory);
  if (release === undefined) return 'busy';
  try {
    const tracking = await trackingOf(directory);
    const { onSkip = () => undefined } = options;
    const sender = await RunSender.open(directory, {
      client: clientOf(tracking, options),
      experiment: tracking.experiment,
      models: tracking.models ?? true,
      onSkip,
    });
    let isClean = false;
    try {
      if (await sender.isComplete()) return ((isClean = true), 'complete');
      await persistently(
        options,
        () => sender.send(true),
        () => sender.progress,
      );
      isClean = true;
      return 'sent';
    } finally {
      await sender.close(isClean);
    }
  } finally {
    await release();
  }
}

async function syncStudy(
  folder: string,
  run: string,
  runs: readonly SyncedRun[],
  options: SyncOptions,
): Promise<void> {
  const tracking = await trackingOf(run);
  const { onSkip = () => undefined } = options;
  const isOver = runs.every(({ state }) => state !== 'busy') && !(await isAnyBusy(folder));
  const client = clientOf(tracking, options);
  let sent = 0;
  const listeners = { onSent: () => void sent++, onSkip };
  await persistently(
    options,
    () => sendStudy(folder, client, tracking.experiment, isOver, listeners),
    () => sent,
  );
}

/** Whether a process is at work on a cell of the study. */
async function isAnyBusy(folder: string): Promise<boolean> {
  for (const directory of await runFolders(folder)) {
    const release = await lockSender(directory);
    if (release === undefined) return true;
    await release();
  }
  return false;
}

async function trackingOf(directory: string): Promise<Partial<MlflowOptions>> {
  const path = join(directory, 'manifest.json');
  const manifest = checkedManifest(await readJsonFile<unknown>(path), path);
  const { tracking } = manifest.experiment;
  return tracking?.name === 'mlflow' ? (tracking as Partial<MlflowOptions>) : {};
}

/** @throws MlflowError when no server is named, or one that is not of HTTP */
export function clientOf(
  tracking: Partial<MlflowOptions>,
  { uri, signal }: Pick<SyncOptions, 'uri' | 'signal'> = {},
): MlflowClient {
  const connection: Connection | undefined = connectionOf(uri ?? tracking.uri);
  if (connection === undefined) {
    throw new MlflowError('no MLflow server is named', {
      consequence: 'halt',
      advice: 'Set MLFLOW_TRACKING_URI, or give --uri.',
    });
  }
  const timeoutMs =
    tracking.timeoutSeconds === undefined ? TIMEOUT_MS : tracking.timeoutSeconds * 1000;
  return new MlflowClient(new Transport(connection, { timeoutMs, signal }));
}

async function persistently(
  { attempts = ATTEMPTS, signal, pause = delay }: SyncOptions,
  send: () => Promise<void>,
  progress = () => 0,
): Promise<void> {
  for (let failures = 1; ; failures++) {
    const before = progress();
    try {
      return await send();
    } catch (error) {
      if (progress() > before) failures = 1;
      const isOver = failures >= attempts || signal?.aborted === true;
      if (isOver || !(error instanceof MlflowError) || error.consequence !== 'again') throw error;
      await pause(pauseAfter(failures, error));
    }
  }
}

import { access, constants, mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstallOptions } from '../contracts/native-part.js';
import { messageOf, MmsrError } from '../errors.js';
import { fileError, syncFolder } from '../run/durable.js';
import { removeLeftovers } from './leftovers.js';
import { OWNER_FILE, writeOwner } from './owner.js';
import { isTaken, lockPart } from './part-lock.js';
import { readPartRecord, writePartRecord, type FoundPart, type PartRecord } from './part-record.js';

export interface InstallRequest {
  readonly cache: string;
  /** The name of the folder: the part, its versions and the platform. */
  readonly key: string;
  /** Fills the empty folder; what it returns is recorded with the key and the date. */
  readonly build: (folder: string) => Promise<Omit<PartRecord, 'key' | 'date'>>;
}

/**
 * Makes a part aside, then renames it into place, so that `<cache>/<key>` is whole or not there, whenever
 * the process is killed. Does nothing when it is there already. What killed installs left is removed.
 */
export async function installAside(
  request: InstallRequest,
  { onProgress, signal }: Pick<InstallOptions, 'onProgress' | 'signal'>,
): Promise<FoundPart> {
  const { cache, key } = request;
  await makeFolder(cache);
  const release = await lockPart(cache, key, {
    signal,
    onWait: ({ pid }, lock) =>
      onProgress(`waiting for process ${pid}, which is installing it (${lock})`),
  });
  try {
    await removeLeftovers(cache, key);
    const folder = join(cache, key);
    const there = await readPartRecord(folder, key);
    return { folder, record: there ?? (await make(folder, request, signal)) };
  } finally {
    await release();
  }
}

async function make(
  folder: string,
  { cache, key, build }: InstallRequest,
  signal: AbortSignal | undefined,
): Promise<PartRecord> {
  const aside = await mkdtemp(join(cache, `.${key}.`));
  try {
    await writeOwner(aside);
    const record = { ...(await build(aside)), key, date: new Date().toISOString() };
    signal?.throwIfAborted();
    await seal(aside, record);
    await moveIntoPlace(aside, folder, key);
    return record;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function makeFolder(cache: string): Promise<void> {
  try {
    await mkdir(cache, { recursive: true });
    await access(cache, constants.W_OK);
  } catch (error) {
    throw new MmsrError('E_INSTALL', `cannot be written (${messageOf(error)})`, {
      where: cache,
      advice: 'Name another folder in MMSR_CACHE.',
      cause: error,
    });
  }
}

/** Puts everything on the disk, the record last. */
async function seal(folder: string, record: PartRecord): Promise<void> {
  await rm(join(folder, OWNER_FILE));
  await syncAll(folder);
  await writePartRecord(folder, record);
}

async function syncAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncAll(path);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A folder that is in the way and whole was made by another; one that is not whole is replaced. */
async function moveIntoPlace(aside: string, folder: string, key: string): Promise<void> {
  try {
    await rename(aside, folder);
  } catch (error) {
    if (!isTaken(error)) throw fileError('cannot be made', folder, error);
    if ((await readPartRecord(folder, key)) !== undefined) return;
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  }
  await syncFolder(join(folder, '..'));
}

import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MmsrError } from '../errors.js';

/**
 * Writes a file so that a crash leaves the old one or the new one, never a part: beside it, synced,
 * renamed over it, the folder synced.
 * @throws MmsrError E_FILE naming the file and the cause, such as a full disk; the old file is intact
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await writeWhole(file, bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError('cannot be written', path, error);
  }
}

/**
 * Makes a folder and those above it, where they are missing, one by one: Node's own way calls a full disk a
 * missing folder.
 * @throws MmsrError E_FILE naming the folder and the cause
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(folder) !== folder) {
      await makeFolder(dirname(folder));
      return makeFolder(folder);
    }
    if (codeOf(error) !== 'EEXIST') throw fileError('cannot be made', folder, error);
  }
}

/** Writes bytes behind those that a file has, and checks that the file has grown by as many. */
export async function writeWhole(file: FileHandle, bytes: Uint8Array, before = 0): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written);
    if (bytesWritten === 0) throw new Error('the disk took no bytes');
    written += bytesWritten;
  }
  const grown = (await file.stat()).size - before;
  if (grown !== bytes.length) throw new Error(`the disk holds ${grown} of ${bytes.length} bytes`);
}

/** Codes with which systems say that a folder of theirs cannot be synced at all. */
const UNSYNCABLE =
  process.platform === 'win32' ? ['EINVAL', 'EPERM', 'EISDIR', 'EACCES'] : ['EINVAL'];

/** Makes renames in a folder survive a power cut; where folders cannot be synced there is nothing to do. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!UNSYNCABLE.includes(codeOf(error))) throw error;
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? '');
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space and run again.',
  EDQUOT: 'The disk quota is used up: free some space and run again.',
  EACCES: 'Check the permissions, or choose another folder with --out.',
  EPERM: 'Check the permissions, or choose another folder with --out.',
  EROFS: 'The file system is read-only: choose another folder with --out.',
};

/** A file system error as the user sees it. */
export function fileError(what: string, path: string, error: unknown): MmsrError {
  const message = error instanceof Error ? error.message : String(error);
  return new MmsrError('E_FILE', `${what} (${message})`, {
    where: path,
    advice: ADVICE[codeOf(error)],
    cause: error,
  });
}

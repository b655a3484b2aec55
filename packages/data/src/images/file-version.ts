import { stat } from 'node:fs/promises';
import { MmsrError } from '@mmsr/core';

/**
 * What tells one content of a file from another at the cost of a look at its directory entry. A file of
 * the same size and time of change counts as the same, as it does for most backup programs.
 */
export interface FileVersion {
  readonly bytes: number;
  readonly changedMs: number;
}

/** @throws MmsrError E_FILE when it is gone or may not be looked at */
export async function versionOf(path: string, where: string): Promise<FileVersion> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { bytes: size, changedMs: mtimeMs };
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new MmsrError('E_FILE', isGone ? 'the file is gone' : 'the file cannot be looked at', {
      where,
      advice: 'Is the disk still there? A run needs its files from beginning to end.',
      cause: error,
    });
  }
}

/**
 * @throws MmsrError E_DATA when the file is not what it was, E_FILE when it is gone
 */
export async function assertUnchanged(
  path: string,
  { bytes, changedMs }: FileVersion,
  where: string,
): Promise<void> {
  const now = await versionOf(path, where);
  if (now.bytes === bytes && now.changedMs === changedMs) return;
  throw new MmsrError(
    'E_DATA',
    `the file has changed since it was checked: it had ${bytes} bytes of ` +
      `${new Date(changedMs).toISOString()}, and has ${now.bytes} of ` +
      new Date(now.changedMs).toISOString(),
    { where, advice: 'Restore it, or start another run with the new one.' },
  );
}

import { open, realpath, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { messageOf, MmsrError } from '@mmsr/core';
import { glob, isDynamicPattern } from 'tinyglobby';

export interface FoundFile {
  /** The path relative to the experiment's folder, with slashes: the same on every machine. */
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * The files that paths and globs stand for, sorted by id, each once however often it is named.
 * @param folder what relative paths and globs start from
 * @returns the files, and an E_FILE error for each path that is missing and each glob without a match
 */
export async function findFiles(
  patterns: readonly string[],
  folder: string,
): Promise<{ files: FoundFile[]; problems: MmsrError[] }> {
  const problems: MmsrError[] = [];
  const paths = new Set<string>();
  for (const pattern of patterns) {
    try {
      for (const path of await expand(pattern, folder)) paths.add(path);
    } catch (error) {
      problems.push(asFileError(error, pattern));
    }
  }
  const files: (FoundFile & { real: string })[] = [];
  for (const path of paths) {
    try {
      files.push(await describe(path, folder));
    } catch (error) {
      problems.push(asFileError(error, idOf(path, folder)));
    }
  }
  return { files: withoutRepetition(files.sort(byId)), problems };
}

/** A name such as `slide (1).svs` is a glob to the eye of a globber, but first of all it is a file. */
async function expand(pattern: string, folder: string): Promise<string[]> {
  const path = resolve(folder, pattern);
  const found = await stat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  });
  if (found?.isFile() === true) return [path];
  if (found !== undefined) {
    throw new MmsrError('E_FILE', 'is a folder, not a file', {
      where: pattern,
      advice: `To take what is in it, write ${pattern.replace(/\/$/, '')}/**/*.svs.`,
    });
  }
  if (!isDynamicPattern(pattern)) {
    throw new MmsrError('E_FILE', 'there is no such file', {
      where: pattern,
      advice: 'Paths are relative to the folder of the experiment file.',
    });
  }
  const matches = await glob(pattern, { cwd: folder, absolute: true, expandDirectories: false });
  if (matches.length > 0) return matches.map((match) => resolve(match));
  throw new MmsrError('E_FILE', 'no file matches this pattern', {
    where: pattern,
    advice: 'Patterns are relative to the folder of the experiment file.',
  });
}

/** Opens it too: decoders say only that what they may not read is no image. */
async function describe(path: string, folder: string) {
  const file = await open(path);
  const { size } = await file.stat().finally(() => file.close());
  return { id: idOf(path, folder), path, bytes: size, real: await realpath(path) };
}

function idOf(path: string, folder: string): string {
  return relative(folder, path).split(sep).join('/');
}

function byId(a: FoundFile, b: FoundFile): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function withoutRepetition(files: readonly (FoundFile & { real: string })[]): FoundFile[] {
  const seen = new Set<string>();
  return files.flatMap(({ real, ...file }) => {
    if (seen.has(real)) return [];
    seen.add(real);
    return [file];
  });
}

/** What the system says in a word of its own, for what users meet. */
const REASONS: Readonly<Record<string, readonly [message: string, advice: string]>> = {
  EACCES: ['may not be read', 'Give yourself permission to read it, and to enter its folders.'],
  ELOOP: [
    'is a symbolic link that leads to itself',
    'Correct the link, or leave it out of `paths`.',
  ],
};

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? '';
}

function asFileError(error: unknown, where: string): MmsrError {
  if (error instanceof MmsrError) return error;
  const [message, advice] = REASONS[codeOf(error)] ?? [];
  if (message !== undefined)
    return new MmsrError('E_FILE', message, { where, advice, cause: error });
  return new MmsrError('E_FILE', messageOf(error), { where, cause: error });
}

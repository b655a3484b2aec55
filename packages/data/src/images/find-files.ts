import { realpath, stat } from 'node:fs/promises';
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
      problems.push(asFileError(error, path));
    }
  }
  return { files: withoutRepetition(files.sort(byId)), problems };
}

/** A name such as `slide (1).svs` is a glob to the eye of a globber, but first of all it is a file. */
async function expand(pattern: string, folder: string): Promise<string[]> {
  const path = resolve(folder, pattern);
  const found = await stat(path).catch(() => undefined);
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

async function describe(path: string, folder: string) {
  const { size } = await stat(path);
  const id = relative(folder, path).split(sep).join('/');
  return { id, path, bytes: size, real: await realpath(path) };
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

function asFileError(error: unknown, where: string): MmsrError {
  if (error instanceof MmsrError) return error;
  return new MmsrError('E_FILE', messageOf(error), { where, cause: error });
}

import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { MlflowError } from '../client/mlflow-error.js';

/**
 * Reads a file of a run directory. What a run directory says may come from anyone, so a path that leads
 * out of it, by `..` or a link, is not followed.
 * @throws MlflowError, which says to skip it, when it is not there or outside
 */
export async function readInside(directory: string, path: string): Promise<Buffer> {
  const skip = (why: string) =>
    new MlflowError(`${JSON.stringify(path)} ${why}`, { consequence: 'skip', where: directory });
  let file: string;
  try {
    file = await realpath(join(directory, path));
  } catch {
    throw skip('is not there');
  }
  const inside = relative(await realpath(directory), file);
  if (isAbsolute(path) || isAbsolute(inside) || inside.startsWith('..')) {
    throw skip('is outside of the run directory');
  }
  return readFile(file);
}

/** Undefined where there is no such file. */
export async function readJsonFile<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new MlflowError(`cannot be read: ${(error as Error).message}`, {
      consequence: 'halt',
      where: path,
    });
  }
}

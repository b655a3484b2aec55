import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../run/durable.js';
import { readOwner, stateOf } from './owner.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Removes what killed installs of a key left in the cache. Call with the key's lock held: then a folder
 * without an owner is nobody's. One of another host or container is left alone for a day.
 */
export async function removeLeftovers(cache: string, key: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!isAside(name, key)) continue;
    const folder = join(cache, name);
    if (await isAbandoned(folder)) await removeStubborn(folder);
  }
}

/** The six characters that mkdtemp adds, so that a longer key that begins like this one is not meant. */
function isAside(name: string, key: string): boolean {
  return name.startsWith(`.${key}.`) && /^[A-Za-z0-9]{6}$/.test(name.slice(key.length + 2));
}

async function isAbandoned(folder: string): Promise<boolean> {
  const owner = await readOwner(folder);
  const state = owner === undefined ? 'dead' : stateOf(owner);
  if (state !== 'elsewhere') return state === 'dead';
  return Date.now() - (await stat(folder)).mtimeMs > DAY_MS;
}

/** A child of the killed process may write into it for a moment longer; the next install tries again. */
async function removeStubborn(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

/**
 * Removes a part's folder: renamed first, so that a part that is half gone is never taken as installed.
 * @returns whether it was there
 */
export async function removePart(folder: string): Promise<boolean> {
  const aside = await mkdtemp(join(dirname(folder), `.${basename(folder)}.`));
  try {
    await rename(folder, join(aside, 'part'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fileError('cannot be removed', folder, error);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

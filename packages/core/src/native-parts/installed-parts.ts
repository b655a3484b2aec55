import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers, removePart } from './leftovers.js';
import { lockPart } from './part-lock.js';
import { readPartRecord, type FoundPart } from './part-record.js';

/** The first of some keys that is installed. Cheap: it reads one small file for each. */
export async function findPart(
  cache: string,
  keys: readonly string[],
): Promise<FoundPart | undefined> {
  for (const key of keys) {
    const folder = join(cache, key);
    const record = await readPartRecord(folder, key);
    if (record !== undefined) return { folder, record };
  }
  return undefined;
}

/**
 * Removes every version and build of a part, those of other releases of mmsr included: the folders of the
 * cache that are called `<name>-…`, and what killed installs of them left. An install that is under way is
 * waited for.
 * @returns the folders that were removed
 */
export async function uninstallParts(cache: string, name: string): Promise<string[]> {
  const removed: string[] = [];
  for (const key of await keysOf(cache, name)) {
    const release = await lockPart(cache, key, { onWait: () => undefined });
    try {
      await removeLeftovers(cache, key);
      const folder = join(cache, key);
      if (await removePart(folder)) removed.push(folder);
    } finally {
      await release();
    }
  }
  return removed;
}

/** Of folders of parts and of what is left of installs, `.<key>.` and six characters or `lock`. */
async function keysOf(cache: string, name: string): Promise<string[]> {
  const entries = await readdir(cache).catch(() => []);
  const keys = entries
    .map((entry) => /^\.(.+)\.\w+$/.exec(entry)?.[1] ?? entry)
    .filter((key) => key.startsWith(`${name}-`));
  return [...new Set(keys)];
}

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The folder of this user that holds native parts, absolute; it need not exist. MMSR_CACHE names it;
 * otherwise it is `mmsr` in the cache folder of the system.
 */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { MMSR_CACHE, XDG_CACHE_HOME } = environment;
  if (isSet(MMSR_CACHE)) return resolve(MMSR_CACHE);
  if (isSet(XDG_CACHE_HOME)) return resolve(XDG_CACHE_HOME, 'mmsr');
  const home = homedir();
  return platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'mmsr')
    : join(home, '.cache', 'mmsr');
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.js';

test('MMSR_CACHE is the folder itself, before anything else', () => {
  const environment = { MMSR_CACHE: '/a/cache', XDG_CACHE_HOME: '/xdg' };
  expect(cacheFolder(environment, 'linux')).toBe('/a/cache');
  expect(cacheFolder({ MMSR_CACHE: 'relative' }, 'linux')).toBe(join(process.cwd(), 'relative'));
});

test('without it, the folder is mmsr in the cache folder of the system', () => {
  expect(cacheFolder({ MMSR_CACHE: '', XDG_CACHE_HOME: '/xdg' }, 'linux')).toBe('/xdg/mmsr');
  expect(cacheFolder({}, 'linux')).toBe(join(homedir(), '.cache', 'mmsr'));
  expect(cacheFolder({}, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'mmsr'));
});

import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { loadNamedPlugin, messageOf, MmsrError, PLUGIN_KINDS, type PluginKind } from '@mmsr/core';

const PACKAGE = new RegExp(`^(?:@mmsr/|mmsr-)(${PLUGIN_KINDS.join('|')})-(.+)$`);

/**
 * Loads the plugin packages that an experiment in this folder could name.
 * @returns what is wrong with those that cannot be loaded
 */
export async function loadInstalledPlugins(
  container: DependencyContainer,
  folder: string,
): Promise<string[]> {
  const faults: string[] = [];
  for (const name of await packagesFrom(folder)) {
    const [, kind, plugin] = PACKAGE.exec(name) as unknown as [string, PluginKind, string];
    try {
      await loadNamedPlugin(container, kind, plugin, folder);
    } catch (error) {
      faults.push(error instanceof MmsrError ? error.describe() : `${name}: ${messageOf(error)}`);
    }
  }
  return faults;
}

/** Names of packages that look like plugins, in this folder's node_modules and in those above. */
async function packagesFrom(folder: string): Promise<string[]> {
  const names = new Set<string>();
  for (let at = folder; ; at = dirname(at)) {
    const modules = join(at, 'node_modules');
    const found = [
      ...(await list(modules)),
      ...(await list(join(modules, '@mmsr'))).map((name) => `@mmsr/${name}`),
    ];
    for (const name of found) if (PACKAGE.test(name)) names.add(name);
    if (dirname(at) === at) return [...names];
  }
}

async function list(folder: string): Promise<string[]> {
  // A folder that is not there holds no packages.
  return readdir(folder).catch(() => []);
}

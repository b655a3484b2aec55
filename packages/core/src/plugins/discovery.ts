import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DependencyContainer } from 'tsyringe';
import type { PluginKind } from '../contracts/plugin.js';
import { messageOf, MmsrError } from '../errors.js';
import { suggest } from './nearest.js';
import { useOneCore } from './one-core.js';
import { findPackage } from './package-lookup.js';
import {
  describeOrigin,
  PLUGIN_NAME,
  PluginRegistry,
  register,
  type Plugin,
  type PluginOrigin,
} from './register.js';

/**
 * Loads what an entry of `plugins:` names and registers its plugins.
 * @param entry a package, or a file relative to `folder`: ./NAME.js
 * @throws MmsrError E_PLUGIN when it is not there, cannot be imported or has no plugin as its default
 *   export; E_ALREADY_REGISTERED, E_API_VERSION
 */
export async function loadPlugins(
  container: DependencyContainer,
  entry: string,
  folder: string,
): Promise<void> {
  if (/^\.{0,2}[/\\]|^[A-Za-z]:[/\\]/.test(entry)) {
    await importPlugins(container, { url: pathToFileURL(resolve(folder, entry)).href });
    return;
  }
  const found = await findPackage(entry, folder);
  if (found === undefined) {
    throw new MmsrError('E_PLUGIN', `there is no package ${entry} in ${folder} or above`, {
      advice: `Install it: npm install ${entry}. A file begins with ./ or ../.`,
    });
  }
  await importPlugins(container, toOrigin(found));
}

/**
 * Makes sure that the plugin is registered: one that is not is looked for as the package
 * `@mmsr/KIND-NAME`, then `mmsr-KIND-NAME`, from the folder of the experiment.
 * @throws MmsrError E_UNKNOWN_PLUGIN when there is none; E_PLUGIN and so on as `loadPlugins`
 */
export async function loadNamedPlugin(
  container: DependencyContainer,
  kind: PluginKind,
  name: string,
  folder: string,
): Promise<void> {
  const registry = new PluginRegistry(container);
  if (registry.find(kind, name) !== undefined) return;
  if (!PLUGIN_NAME.test(name)) throw unknownPlugin(kind, name, namesOf(registry, kind));
  const found =
    (await findPackage(`@mmsr/${kind}-${name}`, folder)) ??
    (await findPackage(`mmsr-${kind}-${name}`, folder));
  if (found === undefined) throw unknownPlugin(kind, name, namesOf(registry, kind));
  const names = await importPlugins(container, toOrigin(found));
  if (registry.find(kind, name) === undefined) {
    const others = names.length === 0 ? 'no plugin' : names.join(', ');
    throw new MmsrError('E_PLUGIN', `${found.name} has no ${kind} "${name}"; it has ${others}`);
  }
}

function toOrigin(found: { name: string; version: string | undefined; url: string }): PluginOrigin {
  return { package: found.name, version: found.version, url: found.url };
}

function namesOf(registry: PluginRegistry, kind: PluginKind): string[] {
  return registry.list(kind).map(({ name }) => name);
}

/** The error about a name that nothing has. @param known the names that would do */
export function unknownPlugin(kind: PluginKind, name: string, known: readonly string[]): MmsrError {
  const install = PLUGIN_NAME.test(name)
    ? `Or install it: npm install mmsr-${kind}-${name}`
    : 'Names are made of lower case letters, digits and hyphens.';
  return new MmsrError('E_UNKNOWN_PLUGIN', `there is no ${kind} "${name}"`, {
    advice: `${suggest(name, known)} ${install}`,
  });
}

/** Registers the default export of a module, a plugin or several. @returns their kinds and names */
async function importPlugins(
  container: DependencyContainer,
  origin: PluginOrigin,
): Promise<string[]> {
  const exported = await importDefault(origin);
  const plugins = (Array.isArray(exported) ? exported : [exported]) as Plugin[];
  const registry = new PluginRegistry(container);
  for (const plugin of plugins) {
    // Another experiment of this process may have named the same module.
    if (!registry.list().includes(plugin)) register(container, plugin, origin);
  }
  return plugins.map(({ kind, name }) => `${kind} "${name}"`);
}

async function importDefault(origin: PluginOrigin): Promise<unknown> {
  const from = describeOrigin(origin);
  useOneCore();
  let module: { default?: unknown };
  try {
    module = (await import(origin.url as string)) as { default?: unknown };
  } catch (error) {
    throw new MmsrError('E_PLUGIN', `${from} cannot be imported: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (module.default !== undefined) return module.default;
  throw new MmsrError('E_PLUGIN', `${from} has no default export`, {
    advice: 'Its default export must be a plugin or a list of plugins; named exports do not count.',
  });
}

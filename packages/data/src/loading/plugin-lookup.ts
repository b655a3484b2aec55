import {
  type DegradationPlugin,
  MmsrError,
  type Plugin,
  type PluginOrigin,
  type PluginRegistry,
  type SourcePlugin,
  useOneCore,
} from '@mmsr/core';

/** What the loading of data asks of the registry. */
export type Plugins = Pick<PluginRegistry, 'find' | 'origin'>;

/** A plugin as the experiment names it. */
export interface PluginUse {
  readonly kind: 'source' | 'degradation';
  readonly name: string;
  /** What stands beside its name. */
  readonly options: object;
}

type PluginOf<Use extends PluginUse> = Use['kind'] extends 'source'
  ? SourcePlugin
  : DegradationPlugin;

export function useOf<Kind extends PluginUse['kind']>(
  kind: Kind,
  { name, ...options }: { readonly name: string },
): PluginUse & { readonly kind: Kind } {
  return { kind, name, options };
}

/** @throws MmsrError E_UNKNOWN_PLUGIN */
export function findPlugin<Use extends PluginUse>(plugins: Plugins, use: Use): PluginOf<Use> {
  const plugin = plugins.find(use.kind, use.name);
  if (plugin !== undefined) return plugin as PluginOf<Use>;
  throw new MmsrError('E_UNKNOWN_PLUGIN', `there is no ${use.kind} "${use.name}"`);
}

/** A plugin that another thread can import for itself. */
export interface ImportablePlugin extends PluginUse {
  readonly url: string;
}

/** Undefined when it is not known where the plugin comes from. */
export function importable<Use extends PluginUse>(
  plugins: Plugins,
  use: Use,
): (Use & ImportablePlugin) | undefined {
  const { url }: PluginOrigin = plugins.origin(use.kind, use.name);
  return url === undefined ? undefined : { ...use, url };
}

/**
 * Imports a plugin in this thread: an export of the module or an item of an exported list.
 * @throws MmsrError E_PLUGIN when the module does not have it
 */
export async function importPlugin<Use extends ImportablePlugin>(use: Use): Promise<PluginOf<Use>> {
  useOneCore();
  const module = (await import(use.url)) as Record<string, unknown>;
  const plugin = Object.values(module)
    .flat()
    .find((one) => {
      const { kind, name } = (one ?? {}) as Partial<Plugin>;
      return kind === use.kind && name === use.name;
    });
  if (plugin !== undefined) return plugin as PluginOf<Use>;
  throw new MmsrError('E_PLUGIN', `${use.url} exports no ${use.kind} "${use.name}"`);
}

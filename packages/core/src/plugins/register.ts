import { fileURLToPath } from 'node:url';
import type { DependencyContainer } from 'tsyringe';
import type { BackbonePlugin } from '../contracts/backbone.js';
import type { DegradationPlugin } from '../contracts/degradation.js';
import type { EnginePlugin } from '../contracts/engine.js';
import type { HeadPlugin } from '../contracts/head.js';
import type { LauncherPlugin } from '../contracts/launcher.js';
import type { LossPlugin } from '../contracts/loss.js';
import { API_VERSION, PLUGIN_KINDS, type PluginKind } from '../contracts/plugin.js';
import type { SourcePlugin } from '../contracts/source.js';
import type { TrackerPlugin } from '../contracts/tracker.js';
import { messageOf, MmsrError } from '../errors.js';
import { optionsSchema, type JsonSchema } from './config-schema.js';

export interface PluginByKind {
  readonly backbone: BackbonePlugin;
  readonly head: HeadPlugin;
  readonly loss: LossPlugin;
  readonly source: SourcePlugin;
  readonly degradation: DegradationPlugin;
  readonly engine: EnginePlugin;
  readonly tracker: TrackerPlugin;
  readonly launcher: LauncherPlugin;
}

export type Plugin = PluginByKind[PluginKind];

/** Where a plugin comes from; the URL lets a worker thread import the same one. */
export interface PluginOrigin {
  readonly package?: string | undefined;
  readonly version?: string | undefined;
  /** Of the module whose default export it is. */
  readonly url?: string | undefined;
}

/** What a plugin's name looks like. */
export const PLUGIN_NAME = /^[a-z][a-z0-9-]*$/;

/** The container's token of one plugin. */
export function pluginToken(kind: PluginKind, name: string): string {
  return `plugin:${kind}:${name}`;
}

const SHELF = 'plugins';

interface Registered {
  readonly plugin: Plugin;
  readonly origin: PluginOrigin;
  readonly options: JsonSchema;
}

/** What one container holds. A child container's shelf continues its parent's, which stays as it is. */
class Shelf {
  readonly #own = new Map<string, Registered>();

  constructor(
    readonly container: DependencyContainer,
    private readonly inherited: Shelf | undefined,
  ) {}

  get(token: string): Registered | undefined {
    return this.#own.get(token) ?? this.inherited?.get(token);
  }

  add(token: string, registered: Registered): void {
    this.#own.set(token, registered);
  }

  all(): Registered[] {
    return [...(this.inherited?.all() ?? []), ...this.#own.values()];
  }
}

function visibleShelf(container: DependencyContainer): Shelf | undefined {
  return container.isRegistered(SHELF, true) ? container.resolve<Shelf>(SHELF) : undefined;
}

function ownShelf(container: DependencyContainer): Shelf {
  const visible = visibleShelf(container);
  if (visible?.container === container) return visible;
  const shelf = new Shelf(container, visible);
  container.register(SHELF, { useValue: shelf });
  providePlugins(container);
  return shelf;
}

/** Lets services of the container, and of its children, have the `PluginRegistry` injected. */
export function providePlugins(container: DependencyContainer): void {
  if (container.isRegistered(PluginRegistry, true)) return;
  container.register(PluginRegistry, { useFactory: (asking) => new PluginRegistry(asking) });
}

/**
 * Adds a plugin to the container.
 * @param origin what messages name, and where worker threads import it from
 * @throws MmsrError E_PLUGIN when it is no valid plugin, E_API_VERSION when it was written for other
 *   contracts, E_ALREADY_REGISTERED when its name is taken
 */
export function register(
  container: DependencyContainer,
  plugin: Plugin,
  origin: PluginOrigin = {},
): void {
  const options = checkPlugin(plugin, origin);
  const token = pluginToken(plugin.kind, plugin.name);
  const shelf = ownShelf(container);
  const taken = shelf.get(token);
  if (taken !== undefined) {
    throw new MmsrError(
      'E_ALREADY_REGISTERED',
      `the ${plugin.kind} "${plugin.name}" of ${describeOrigin(origin)} is already there, from ${describeOrigin(taken.origin)}`,
      { advice: 'Rename one of them or remove it.' },
    );
  }
  shelf.add(token, { plugin, origin, options });
  container.register(token, { useValue: plugin });
}

/** The origin as messages name it: package and version, or file. */
export function describeOrigin({ package: from, version, url }: PluginOrigin): string {
  if (from !== undefined) return version === undefined ? from : `${from} ${version}`;
  if (url === undefined) return 'an unnamed origin';
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

function checkPlugin(plugin: unknown, origin: PluginOrigin): JsonSchema {
  const from = describeOrigin(origin);
  const found = (typeof plugin === 'object' && plugin !== null ? plugin : {}) as Partial<
    Record<string, unknown>
  >;
  if (typeof found.kind === 'string' && found.apiVersion !== API_VERSION) {
    throw new MmsrError(
      'E_API_VERSION',
      `the ${found.kind} "${String(found.name)}" of ${from} was written for version ${String(found.apiVersion)} of the plugin contract, this is version ${API_VERSION}`,
      { advice: 'Install versions of the plugin and of mmsr-run that fit each other.' },
    );
  }
  const fault = faultOf(found);
  if (fault !== undefined) throw pluginError(from, fault);
  try {
    return optionsSchema(found.kind as PluginKind, found.configSchema);
  } catch (error) {
    throw pluginError(
      from,
      `${found.kind as string} "${found.name as string}": ${messageOf(error)}`,
    );
  }
}

function pluginError(from: string, fault: string): MmsrError {
  return new MmsrError('E_PLUGIN', `${from} has no valid plugin: ${fault}`, {
    advice: 'Plugins are made with defineBackbone, defineHead and so on.',
  });
}

function faultOf(found: Partial<Record<string, unknown>>): string | undefined {
  const { kind, name } = found;
  if (!PLUGIN_KINDS.some((known) => known === kind)) {
    return `its kind is ${JSON.stringify(kind) ?? 'missing'}, not one of ${PLUGIN_KINDS.join(', ')}`;
  }
  if (typeof name !== 'string' || !PLUGIN_NAME.test(name)) {
    return `the name ${JSON.stringify(name) ?? 'undefined'} is not made of lower case letters, digits and hyphens`;
  }
  if (typeof found.create !== 'function') return `${String(kind)} "${name}" has no create function`;
  if (kind === 'loss' && found.task !== 'superResolution' && found.task !== 'magnification') {
    return `loss "${name}" serves neither superResolution nor magnification`;
  }
  const startable = typeof found.rank === 'number' && typeof found.availability === 'function';
  return kind === 'engine' && !startable
    ? `engine "${name}" has no rank or no availability function`
    : undefined;
}

/** The plugins that a container and those it descends from hold. */
export class PluginRegistry {
  constructor(private readonly container: DependencyContainer) {}

  #get(kind: PluginKind, name: string): Registered | undefined {
    return visibleShelf(this.container)?.get(pluginToken(kind, name));
  }

  /** The plugin of that kind and name; undefined when none is registered. */
  find<Kind extends PluginKind>(kind: Kind, name: string): PluginByKind[Kind] | undefined {
    return this.#get(kind, name)?.plugin as PluginByKind[Kind] | undefined;
  }

  /** All plugins, or those of one kind, in the order they were registered. */
  list<Kind extends PluginKind>(kind: Kind): PluginByKind[Kind][];
  list(): Plugin[];
  list(kind?: PluginKind): Plugin[] {
    const plugins = (visibleShelf(this.container)?.all() ?? []).map(({ plugin }) => plugin);
    return kind === undefined ? plugins : plugins.filter((plugin) => plugin.kind === kind);
  }

  /** Where the plugin comes from; empty when that is not known or it is not registered. */
  origin(kind: PluginKind, name: string): PluginOrigin {
    return this.#get(kind, name)?.origin ?? {};
  }

  /** The schema of the plugin's options: plain data, and no other keys allowed. */
  options(kind: PluginKind, name: string): JsonSchema | undefined {
    return this.#get(kind, name)?.options;
  }
}

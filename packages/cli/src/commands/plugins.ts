import {
  MmsrError,
  PLUGIN_KINDS,
  PluginRegistry,
  suggestBriefly,
  type Plugin,
  type PluginOrigin,
} from '@mmsr/core';
import { createContainer } from '../composition.js';
import { EXIT } from '../exit-codes.js';
import { loadInstalledPlugins } from '../installed-plugins.js';
import { formatTable } from '../table.js';

/** `mmsr-run plugins [NAME]`: what is found, from where, with which options. */
export async function pluginsCommand(name: string | undefined): Promise<number> {
  const container = createContainer();
  const faults = await loadInstalledPlugins(container, process.cwd());
  const registry = container.resolve(PluginRegistry);
  const plugins = registry
    .list()
    .filter((plugin) => name === undefined || plugin.name === name)
    .sort((a, b) => PLUGIN_KINDS.indexOf(a.kind) - PLUGIN_KINDS.indexOf(b.kind));
  for (const fault of faults) process.stderr.write(`warning: ${fault}\n`);
  if (plugins.length === 0) {
    throw new MmsrError('E_UNKNOWN_PLUGIN', `no plugin is named "${name ?? ''}"`, {
      advice: suggestBriefly(
        name ?? '',
        registry.list().map((plugin) => plugin.name),
      ),
    });
  }
  process.stdout.write(
    name === undefined ? listOf(plugins, registry) : detailsOf(plugins, registry),
  );
  return EXIT.done;
}

function listOf(plugins: readonly Plugin[], registry: PluginRegistry): string {
  const rows = plugins.map((plugin) => [
    plugin.kind,
    plugin.name,
    from(registry.origin(plugin.kind, plugin.name)),
    plugin.description ?? '',
  ]);
  const header = ['kind', 'name', 'from', 'what it is'];
  return `${formatTable(header, rows, ['left'])}\n\nmmsr-run plugins NAME shows the options of one.\n`;
}

function detailsOf(plugins: readonly Plugin[], registry: PluginRegistry): string {
  return plugins
    .map((plugin) => {
      const origin = from(registry.origin(plugin.kind, plugin.name));
      const title = `${plugin.kind} ${plugin.name} (${origin})\n${plugin.description ?? ''}\n`;
      const rows = Object.entries(plugin.configSchema.properties).map(([key, schema]) =>
        optionRow(key, schema as OptionSchema, plugin.configSchema.required ?? []),
      );
      if (rows.length === 0) return `${title}\nIt has no options.\n`;
      return `${title}\n${formatTable(['option', 'type', 'default', 'meaning'], rows, ['left'])}\n`;
    })
    .join('\n');
}

/** What a JSON Schema says of one option. */
interface OptionSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly OptionSchema[];
  readonly items?: OptionSchema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

function optionRow(key: string, schema: OptionSchema, required: readonly string[]): string[] {
  const missing = required.includes(key) ? 'required' : '-';
  const standard = schema.default === undefined ? missing : JSON.stringify(schema.default);
  return [key, typeOf(schema), standard, schema.description ?? ''];
}

function typeOf(schema: OptionSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  const bounds = [
    minimum === undefined ? undefined : `>= ${minimum}`,
    exclusiveMinimum === undefined ? undefined : `> ${exclusiveMinimum}`,
    maximum === undefined ? undefined : `<= ${maximum}`,
    exclusiveMaximum === undefined ? undefined : `< ${exclusiveMaximum}`,
  ].filter((bound) => bound !== undefined);
  return [schema.type ?? 'any', ...bounds].join(' ');
}

function from({ package: name, version, url }: PluginOrigin): string {
  if (name === undefined) return url ?? 'unknown';
  return version === undefined ? name : `${name} ${version}`;
}

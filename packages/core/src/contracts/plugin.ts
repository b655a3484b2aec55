import type { Static, TObject } from 'typebox';

/** The version of the plugin contracts in this folder; a plugin states the one it was written for. */
export const API_VERSION = 1;

export const PLUGIN_KINDS = [
  'backbone',
  'head',
  'loss',
  'source',
  'degradation',
  'engine',
  'tracker',
  'launcher',
] as const;

export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** What every plugin has: a name unique in its kind and the schema of its options in the YAML. */
export interface PluginBase<Kind extends PluginKind> {
  readonly kind: Kind;
  /** As written in the YAML: lower case letters, digits and hyphens. */
  readonly name: string;
  readonly apiVersion: number;
  /** One line for `mmsr-run plugins`. */
  readonly description?: string;
  /** A TypeBox object: the TypeScript type and the JSON Schema of the options, defaults included. */
  readonly configSchema: TObject;
}

/** A plugin as its author writes it: without the kind, with `create` typed by the schema. */
export type PluginDefinition<Schema extends TObject, Context, Made> = {
  readonly name: string;
  readonly apiVersion: number;
  readonly description?: string;
  readonly configSchema: Schema;
  /** Makes the thing from its validated options; importing the plugin does nothing else. */
  create(config: Static<Schema>, context: Context): Made;
};

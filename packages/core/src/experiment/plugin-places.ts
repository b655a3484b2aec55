import type { Task } from '../contracts/loss.js';
import type { PluginKind } from '../contracts/plugin.js';
import { mapValues, toJsonSchema, type JsonSchema } from '../plugins/config-schema.js';
import type { PluginRegistry } from '../plugins/register.js';
import { isJsonObject, type Json, type JsonObject } from './json.js';
import type { KeyPath } from './key-path.js';
import { ExperimentSchema, OPTIMIZERS, SCHEDULES } from './schema.js';

/** A key of the experiment whose value names something and holds the options of what it names. */
export interface Place {
  readonly path: KeyPath;
  readonly kind: PluginKind | 'optimizer' | 'schedule';
  /** Which losses fit. */
  readonly task?: Task;
}

export const PLACES: readonly Place[] = [
  { path: ['engine'], kind: 'engine' },
  { path: ['data', 'train', 'source'], kind: 'source' },
  { path: ['data', 'validation', 'source'], kind: 'source' },
  { path: ['data', 'test', 'source'], kind: 'source' },
  { path: ['data', 'degradation'], kind: 'degradation' },
  { path: ['model', 'backbone'], kind: 'backbone' },
  { path: ['model', 'head'], kind: 'head' },
  { path: ['objective', 'superResolution'], kind: 'loss', task: 'superResolution' },
  { path: ['objective', 'magnification'], kind: 'loss', task: 'magnification' },
  { path: ['optimizer'], kind: 'optimizer' },
  { path: ['schedule'], kind: 'schedule' },
  { path: ['tracking'], kind: 'tracker' },
];

/** `ExperimentSchema` as plain data. */
export const EXPERIMENT: JsonSchema = toJsonSchema(ExperimentSchema);

/** What is no plugin: optimizers and schedules, and the engine `auto`, which takes no options. */
const BUILT_IN: Readonly<Partial<Record<Place['kind'], Readonly<Record<string, JsonSchema>>>>> = {
  optimizer: mapValues(OPTIMIZERS, toJsonSchema),
  schedule: mapValues(SCHEDULES, toJsonSchema),
  engine: { auto: { type: 'object', properties: {}, additionalProperties: false } },
};

/** What the file itself says of a place. */
interface PlaceSchema {
  readonly keys: Readonly<Record<string, JsonSchema>>;
  readonly nullable: boolean;
  /** What the place holds when it is left out. */
  readonly fallback: JsonObject | null | undefined;
}

/** The plugin kind of a place; undefined where no plugin goes. */
export function pluginKind({ kind }: Place): PluginKind | undefined {
  return kind === 'optimizer' || kind === 'schedule' ? undefined : kind;
}

/** The names that fit the place. */
export function namesFor({ kind, task }: Place, registry: PluginRegistry): string[] {
  const builtIn = Object.keys(BUILT_IN[kind] ?? {});
  if (kind === 'optimizer' || kind === 'schedule') return builtIn;
  const plugins = kind === 'loss' ? losses(registry, task) : registry.list(kind);
  return [...builtIn, ...plugins.map(({ name }) => name)];
}

function losses(registry: PluginRegistry, task: Task | undefined) {
  return registry.list('loss').filter((loss) => loss.task === task);
}

export function describePlace(place: Place): PlaceSchema {
  const schema = place.path.reduce(propertyOf, EXPERIMENT);
  const branch = schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
  const fallback = schema.default as Json | undefined;
  return {
    keys: branch.properties ?? {},
    nullable: schema.anyOf?.some(({ type }) => type === 'null') ?? false,
    fallback: typeof fallback === 'string' ? { name: fallback } : (fallback as JsonObject | null),
  };
}

function propertyOf(schema: JsonSchema, key: string): JsonSchema {
  return schema.properties?.[key] ?? {};
}

/** The schema of the place when it holds `name`; undefined when nothing of that name fits. */
export function schemaOfPlace(
  place: Place,
  name: string,
  registry: PluginRegistry,
): JsonSchema | undefined {
  if (!namesFor(place, registry).includes(name)) return undefined;
  const kind = pluginKind(place);
  const options = BUILT_IN[place.kind]?.[name] ?? (kind && registry.options(kind, name));
  if (options === undefined) return undefined;
  const { keys } = describePlace(place);
  return {
    ...options,
    title: `${place.kind} ${name}`,
    properties: { ...keys, name: { type: 'string', const: name }, ...options.properties },
    required: ['name', ...(options.required ?? [])],
    additionalProperties: false,
  };
}

/**
 * Writes out, in place, what the places hold when the file leaves it out: whole places, their names, and
 * the short form `engine: NAME`.
 */
export function fillPlaces(data: JsonObject): void {
  for (const place of PLACES) {
    const key = place.path.at(-1) as string;
    const parent = parentOf(place, data);
    if (parent === undefined) continue;
    const { fallback } = describePlace(place);
    const given = parent[key];
    if (given === undefined && fallback !== undefined) parent[key] = structuredClone(fallback);
    if (place.kind === 'engine' && typeof given === 'string') parent[key] = { name: given };
    if (isJsonObject(given) && given.name === undefined && isJsonObject(fallback)) {
      given.name = fallback.name as string;
    }
  }
}

/** The mapping that holds the place, made where it has a default; undefined where there is none. */
function parentOf({ path }: Place, data: JsonObject): JsonObject | undefined {
  let parent = data;
  let schema = EXPERIMENT;
  for (const key of path.slice(0, -1)) {
    schema = propertyOf(schema, key);
    if (parent[key] === undefined && schema.default !== undefined) parent[key] = {};
    const next = parent[key];
    if (!isJsonObject(next)) return undefined;
    parent = next;
  }
  return parent;
}

/** The experiment's schema with some places' own schemas in it. */
export function withPlaces(
  replacement: (path: KeyPath) => JsonSchema | undefined,
  schema: JsonSchema = EXPERIMENT,
  path: KeyPath = [],
): JsonSchema {
  const replaced = replacement(path);
  if (replaced !== undefined) return replaced;
  const { properties } = schema;
  if (properties === undefined) return schema;
  return {
    ...schema,
    properties: mapValues(properties, (child, key) =>
      withPlaces(replacement, child, [...path, key]),
    ),
  };
}

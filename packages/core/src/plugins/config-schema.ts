import { Ajv, type ValidateFunction } from 'ajv';
import type { PluginKind } from '../contracts/plugin.js';

/** A JSON Schema (draft 7) as plain data: what is left of a TypeBox schema in JSON. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** Keys that stand beside a plugin's own options in the YAML, so that no option may have their name. */
export const PLACE_KEYS: Readonly<Record<PluginKind, readonly string[]>> = {
  backbone: ['name'],
  head: ['name', 'attach'],
  loss: ['name', 'weight'],
  source: ['name'],
  degradation: ['name'],
  engine: ['name'],
  tracker: ['name'],
  launcher: ['name'],
};

let shared: Ajv | undefined;

/**
 * Compiles a schema of draft 7, strictly: all errors at once, defaults filled in, nothing coerced.
 * @throws Error when the schema is wrong or has keywords that would be ignored
 */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  shared ??= new Ajv({
    strict: true,
    allErrors: true,
    verbose: true,
    useDefaults: true,
    allowUnionTypes: true,
    // What strict mode refuses is thrown; nothing is left to be logged.
    logger: false,
  });
  return shared.compile(schema);
}

/** A schema, TypeBox or plain, as plain data. */
export function toJsonSchema(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema)) as JsonSchema;
}

/**
 * The schema of a plugin's options as it is used: plain, and closed, since a key that the plugin does
 * not know is an error whether or not its author thought of it.
 * @throws Error saying what is wrong with the schema
 */
export function optionsSchema(kind: PluginKind, schema: unknown): JsonSchema {
  if (typeof schema !== 'object' || schema === null) throw new Error('it has no configSchema');
  const plain = toJsonSchema(schema);
  if (plain.type !== 'object') throw new Error('its configSchema is not the schema of an object');
  if (usesReferences(plain)) throw new Error('its configSchema uses $ref, which is not supported');
  for (const key of PLACE_KEYS[kind]) {
    if (Object.hasOwn(plain.properties ?? {}, key)) {
      throw new Error(`its option "${key}" has the name of a key that every ${kind} has`);
    }
  }
  const closed = { properties: {}, ...closeObjects(plain), additionalProperties: false };
  // Whether the place may stay empty is not the plugin's to say.
  const options = { ...closed, default: undefined };
  checkSchema(options);
  return options;
}

/** Compiles the schema and holds its defaults against it. */
function checkSchema(schema: JsonSchema): void {
  const validate = compileSchema(schema);
  validate({});
  // A required option has no default; whatever else is wrong with {} is a default that is not valid.
  const wrong = validate.errors?.find(({ keyword }) => keyword !== 'required');
  if (wrong !== undefined) {
    throw new Error(`the default of its option ${wrong.instancePath} ${wrong.message}`);
  }
}

function usesReferences(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return '$ref' in value || Object.values(value).some(usesReferences);
}

/** Forbids unknown keys wherever the author lists an object's keys and says nothing of others. */
function closeObjects(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf, oneOf } = schema;
  return {
    ...schema,
    ...(properties && { properties: mapValues(properties, closeObjects) }),
    ...(properties && { additionalProperties: schema.additionalProperties ?? false }),
    ...(items && { items: isList(items) ? items.map(closeObjects) : closeObjects(items) }),
    ...(anyOf && { anyOf: anyOf.map(closeObjects) }),
    ...(oneOf && { oneOf: oneOf.map(closeObjects) }),
  };
}

function isList(items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] {
  return Array.isArray(items);
}

/** The object with each value changed. */
export function mapValues<From, To>(
  object: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value, key)]),
  );
}

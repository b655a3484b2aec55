import { mapValues, type JsonSchema } from '../plugins/config-schema.js';
import type { PluginRegistry } from '../plugins/register.js';
import { formatKeyPath } from './key-path.js';
import {
  describePlace,
  EXPERIMENT,
  namesFor,
  PLACES,
  schemaOfPlace,
  withPlaces,
  type Place,
} from './plugin-places.js';

const MATRIX: JsonSchema = {
  type: 'object',
  description: 'Paths such as model.backbone, each with the values it takes.',
  additionalProperties: { type: 'array', minItems: 1 },
};

const COMPARE: JsonSchema = {
  anyOf: [
    {
      type: 'object',
      properties: {
        factor: { type: 'string', description: 'A path of the matrix.' },
        baseline: { description: 'The value of it that the others are compared with.' },
      },
      required: ['factor', 'baseline'],
      additionalProperties: false,
    },
    { type: 'null' },
  ],
};

const PROFILES: JsonSchema = {
  type: 'object',
  description:
    'Named sets of overrides, for --profile NAME: paths such as training.steps with values.',
  additionalProperties: { type: 'object' },
};

/**
 * The JSON Schema (draft 7) of the experiment file, for editors: as it is written, so that what has a
 * default may be left out, with the registered plugins and their options at each place. A file with a
 * matrix may leave out more: what the matrix sets.
 */
export function composeSchema(registry: PluginRegistry): JsonSchema {
  const byPath = new Map(
    PLACES.map((place) => [formatKeyPath(place.path), alternatives(place, registry)]),
  );
  const composed = withPlaces((path) => byPath.get(formatKeyPath(path)));
  const whole = asWritten({
    ...composed,
    properties: { ...composed.properties, matrix: MATRIX, compare: COMPARE, profiles: PROFILES },
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'mmsr experiment',
    type: 'object',
    if: { type: 'object', properties: { matrix: {} }, required: ['matrix'] },
    then: withoutRequired(whole),
    else: whole,
  };
}

/** What may stand at a place: one alternative per name, null and the short form where they are allowed. */
function alternatives(place: Place, registry: PluginRegistry): JsonSchema {
  const { fallback, nullable } = describePlace(place);
  const description = place.path.reduce<JsonSchema | undefined>(
    (schema, key) => schema?.properties?.[key],
    EXPERIMENT,
  )?.description;
  const names = namesFor(place, registry);
  const named = names.map((name) => {
    const schema = schemaOfPlace(place, name, registry) as JsonSchema;
    const isFallback = name === fallback?.name;
    const required = (schema.required ?? []).filter((key) => !isFallback || key !== 'name');
    return { ...schema, required };
  });
  return {
    ...(description !== undefined && { description }),
    oneOf: [
      ...named,
      ...(place.kind === 'engine' ? [{ type: 'string', enum: names }] : []),
      ...(nullable ? [{ type: 'null' }] : []),
    ],
    ...(fallback !== undefined && { default: fallback }),
  };
}

/** What has a default need not be written. */
function asWritten(schema: JsonSchema): JsonSchema {
  const { properties } = schema;
  return overParts(
    {
      ...schema,
      ...(schema.required && {
        required: schema.required.filter((key) => properties?.[key]?.default === undefined),
      }),
    },
    asWritten,
  );
}

/** The name of what stands at a place tells the alternatives apart, and stays. */
function withoutRequired(schema: JsonSchema): JsonSchema {
  return overParts(
    {
      ...schema,
      ...(schema.required && {
        required: schema.required.filter((key) => schema.properties?.[key]?.const !== undefined),
      }),
    },
    withoutRequired,
  );
}

function overParts(schema: JsonSchema, change: (part: JsonSchema) => JsonSchema): JsonSchema {
  const { properties, oneOf } = schema;
  return {
    ...schema,
    ...(properties && { properties: mapValues(properties, change) }),
    ...(oneOf && { oneOf: oneOf.map(change) }),
  };
}

import type { JsonSchema } from '../plugins/config-schema.js';
import { show } from './json.js';

/** What a schema asks for, in words: `a whole number of at least 8 or null`. */
export function expectation(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return oneOf(schema.enum.map((value) => JSON.stringify(value)));
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const all = branches.map(expectation);
    return branches.every((branch) => branch.const !== undefined) ? oneOf(all) : all.join(' or ');
  }
  const { type } = schema;
  if (typeof type === 'string') return ofType(type, schema);
  return type === undefined
    ? 'another value'
    : type.map((name) => ofType(name, schema)).join(' or ');
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] as string) : `one of ${values.join(', ')}`;
}

function ofType(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'string':
      return `text${textRules(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list${listRules(schema)}`;
    case 'object':
      return schema.properties?.name === undefined ? 'a mapping' : 'a mapping such as {name: ...}';
    default:
      return type;
  }
}

function range(schema: JsonSchema): string {
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) {
    return ` from ${show(minimum)} to ${show(maximum)}`;
  }
  const rules: [string, string][] = [
    ['minimum', 'of at least'],
    ['exclusiveMinimum', 'above'],
    ['maximum', 'of at most'],
    ['exclusiveMaximum', 'below'],
    ['multipleOf', 'that is a multiple of'],
  ];
  return given(schema, rules, ' and ');
}

function textRules(schema: JsonSchema): string {
  const { minLength, maxLength } = schema;
  const lengths = amount(minLength, maxLength, 'character');
  const rules: [string, string][] = [
    ['pattern', 'matching'],
    ['format', 'in the format'],
  ];
  return `${lengths === '' ? '' : ` of ${lengths}`}${given(schema, rules, ', ')}`;
}

function listRules(schema: JsonSchema): string {
  const { items, minItems, maxItems } = schema;
  const entry =
    items === undefined || Array.isArray(items) ? '' : ` of ${each(items as JsonSchema)}`;
  const lengths = amount(minItems, maxItems, 'entry');
  return `${entry}${lengths === '' ? '' : `, with ${lengths}`}`;
}

/** Such as `at least 2 entries`; empty where there is no limit. */
function amount(minimum: unknown, maximum: unknown, unit: 'character' | 'entry'): string {
  const units = (count: unknown) =>
    `${show(count)} ${count === 1 ? unit : unit === 'entry' ? 'entries' : `${unit}s`}`;
  if (maximum === undefined) return minimum === undefined ? '' : `at least ${units(minimum)}`;
  if (minimum === undefined) return `at most ${units(maximum)}`;
  return minimum === maximum ? units(maximum) : `${show(minimum)} to ${units(maximum)}`;
}

/** The entries of a list, such as `numbers above 0`. */
function each(schema: JsonSchema): string {
  return expectation(schema).replace(/^a (whole number|number|list|mapping)\b/, '$1s');
}

function given(schema: JsonSchema, rules: readonly [string, string][], between: string): string {
  const parts = rules
    .filter(([keyword]) => schema[keyword] !== undefined)
    .map(([keyword, words]) => `${words} ${String(schema[keyword])}`);
  return parts.length === 0 ? '' : ` ${parts.join(between)}`;
}

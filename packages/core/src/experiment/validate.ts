import type { ValidateFunction } from 'ajv';
import { MmsrError } from '../errors.js';
import { compileSchema, type JsonSchema } from '../plugins/config-schema.js';
import { unknownPlugin } from '../plugins/discovery.js';
import { suggest } from '../plugins/nearest.js';
import type { PluginRegistry } from '../plugins/register.js';
import { borderProblems, keepBestProblems, patchProblems } from './agreements.js';
import { isJsonObject, show, type Json, type JsonObject } from './json.js';
import { formatKeyPath, valueAt } from './key-path.js';
import type { Combination } from './matrix.js';
import {
  describePlace,
  namesFor,
  PLACES,
  pluginKind,
  schemaOfPlace,
  withPlaces,
  type Place,
} from './plugin-places.js';
import type { Positions } from './positions.js';
import { schemaProblems } from './schema-problems.js';

/** A combination whose data has every default and is valid unless there are problems. */
export interface ValidatedCombination {
  readonly choice: readonly number[];
  /** Keys in the order of the schema. */
  readonly data: JsonObject;
  /** The experiment's schema with those of the plugins it names. */
  readonly schema: JsonSchema;
  readonly problems: readonly MmsrError[];
}

/** What a place's value asks of the schema; `problem` where that cannot be said. */
interface PlaceReading {
  /** Equal for readings with equal schemas. */
  readonly signature: string;
  readonly schema?: JsonSchema;
  readonly problem?: MmsrError;
}

/** Why a plugin could not be loaded, by `failureKey`. */
export type LoadFailures = ReadonlyMap<string, MmsrError>;

export function failureKey(kind: string, name: string): string {
  return `${kind} ${name}`;
}

/** Validates cells; those that name the same plugins share one compiled schema. */
export class CellValidator {
  readonly #compiled = new Map<string, { schema: JsonSchema; validate: ValidateFunction }>();

  constructor(
    private readonly registry: PluginRegistry,
    private readonly failures: LoadFailures,
  ) {}

  /** Fills in defaults, in the combination's own data, and finds everything that is wrong. */
  validate({ choice, data, positions }: Combination): ValidatedCombination {
    const readings = PLACES.map((place) => this.#readPlace(place, data, positions));
    const { schema, validate } = this.#compile(readings);
    validate(data);
    const errors = validate.errors ?? [];
    const problems = [
      ...readings.flatMap(({ problem }) => problem ?? []),
      ...schemaProblems(errors, positions),
      ...(errors.some(({ instancePath }) => instancePath === '/scale')
        ? []
        : patchProblems(data, positions)),
      ...borderProblems(data, positions),
      ...keepBestProblems(data, positions),
    ];
    return { choice, data: inOrder(data, schema) as JsonObject, schema, problems };
  }

  #compile(readings: readonly PlaceReading[]) {
    const signature = readings.map((reading) => reading.signature).join('|');
    const known = this.#compiled.get(signature);
    if (known !== undefined) return known;
    const byPath = new Map(PLACES.map(({ path }, i) => [formatKeyPath(path), readings[i]?.schema]));
    const schema = withPlaces((path) => byPath.get(formatKeyPath(path)));
    const compiled = { schema, validate: compileSchema(schema) };
    this.#compiled.set(signature, compiled);
    return compiled;
  }

  #readPlace(place: Place, data: JsonObject, positions: Positions): PlaceReading {
    const value = valueAt(data, place.path);
    if (value === undefined) return { signature: '' };
    const { nullable } = describePlace(place);
    if (value === null && nullable) return { signature: 'null', schema: { type: 'null' } };
    const name = isJsonObject(value) ? value.name : undefined;
    // Where nothing is named, whatever else stands there cannot be judged.
    if (typeof name !== 'string') {
      return { signature: '?', schema: {}, problem: this.#unnamed(place, value, positions) };
    }
    const schema = schemaOfPlace(place, name, this.registry);
    return schema === undefined
      ? { signature: '?', schema: {}, problem: this.#unknown(place, name, positions) }
      : { signature: `name ${name}`, schema };
  }

  #unknown(place: Place, name: string, positions: Positions): MmsrError {
    const path = [...place.path, 'name'];
    const { code, message, advice, cause } = this.#whyUnknown(place, name);
    const where = positions.ofValue(path);
    return new MmsrError(code, `${formatKeyPath(path)}: ${message}`, { where, advice, cause });
  }

  #whyUnknown(place: Place, name: string): MmsrError {
    const known = namesFor(place, this.registry);
    const kind = pluginKind(place);
    const failure = this.failures.get(failureKey(place.kind, name));
    if (failure !== undefined && failure.code !== 'E_UNKNOWN_PLUGIN') return failure;
    if (failure !== undefined && kind !== undefined) return unknownPlugin(kind, name, known);
    const message =
      kind === undefined
        ? `there is no ${place.kind} "${name}"`
        : `the ${kind} "${name}" is not for ${place.path.at(-1)}`;
    return new MmsrError('E_EXPERIMENT', message, { advice: suggest(name, known) });
  }

  #unnamed(place: Place, value: Json, positions: Positions): MmsrError {
    const known = namesFor(place, this.registry);
    const { nullable } = describePlace(place);
    const path = formatKeyPath(place.path);
    const where = positions.ofValue(place.path);
    const advice = known.length === 0 ? undefined : `Known: ${known.join(', ')}.`;
    const message =
      isJsonObject(value) && value.name === undefined
        ? `${path}.name is missing: expected the name of a ${place.kind}`
        : isJsonObject(value)
          ? `${path}.name: expected the name of a ${place.kind}; found ${show(value.name)}`
          : `${path}: expected a mapping such as {name: ...}${nullable ? ' or null' : ''}; found ${show(value)}`;
    return new MmsrError('E_EXPERIMENT', message, { where, advice });
  }
}

/** The same data, keys in the order in which the schema lists them. */
function inOrder(value: Json, schema: JsonSchema): Json {
  const { properties } = schema;
  if (!isJsonObject(value) || properties === undefined) return value;
  const keys = [...new Set([...Object.keys(properties), ...Object.keys(value)])];
  return Object.fromEntries(
    keys
      .filter((key) => Object.hasOwn(value, key))
      .map((key) => [key, inOrder(value[key] as Json, properties[key] ?? {})]),
  );
}

import { Document, isCollection, isPair, isScalar, visit } from 'yaml';
import { escapeReferences } from './environment.js';
import { canonical, isJsonObject, type Json, type JsonObject } from './json.js';
import { isWithin, valueAt, type KeyPath } from './key-path.js';
import type { Axis } from './matrix.js';

/** What is needed of a validated cell. */
interface ResolvedCell {
  readonly choice: readonly number[];
  readonly data: JsonObject;
}

/** The axes with their values as they are once validated: names written out and defaults filled in. */
export function resolveAxes(axes: readonly Axis[], cells: readonly ResolvedCell[]): Axis[] {
  return axes.map((axis, position) => {
    const values = axis.values.map((given, index) => {
      const having = cells.filter(({ choice }) => choice[position] === index);
      const found = having.map(({ data }) => valueAt(data, axis.path) ?? null);
      return common(found, axis.path, axes) ?? given;
    });
    return { ...axis, values };
  });
}

/** The keys that are the same in all cells; those that an axis sets are left out. */
export function resolveBase(axes: readonly Axis[], cells: readonly ResolvedCell[]): JsonObject {
  const base = common(
    cells.map(({ data }) => data),
    [],
    axes,
  ) as JsonObject;
  const shared = structuredClone(base);
  for (const { path } of axes) remove(shared, path);
  return shared;
}

/** Removes a key, and the mappings that held nothing else. */
function remove(data: JsonObject, path: KeyPath): void {
  const above = path.slice(0, -1);
  const parent = valueAt(data, above);
  if (!isJsonObject(parent)) return;
  delete parent[path.at(-1) as string];
  if (above.length > 0 && Object.keys(parent).length === 0) remove(data, above);
}

/**
 * What several cells' values at one path have in common. Keys whose defaults differ are left out: they
 * follow from an axis. A list is kept as long as an axis sets what differs in it.
 */
function common(values: readonly Json[], path: KeyPath, axes: readonly Axis[]): Json | undefined {
  const [first, ...others] = values as [Json, ...Json[]];
  if (others.every((other) => canonical(other) === canonical(first))) return first;
  if (Array.isArray(first)) {
    const set = axes.some((axis) => axis.path.length > path.length && isWithin(axis.path, path));
    return set ? first : undefined;
  }
  if (!isJsonObject(first) || !others.every(isJsonObject)) return undefined;
  const kept: JsonObject = {};
  for (const key of Object.keys(first)) {
    if (!others.every((other) => Object.hasOwn(other, key))) continue;
    const parts = [first, ...others].map((value) => value[key] as Json);
    const shared = common(parts, [...path, key], axes);
    if (shared !== undefined) kept[key] = shared;
  }
  return kept;
}

/** Characters of the longest mapping or list that is written on one line. */
const LONGEST_LINE = 90;

/** Plain data as YAML that reads as the same data; short mappings and lists stand on one line. */
export function formatYaml(data: Json): string {
  const document = new Document(escapeAll(data), {
    version: '1.2',
    schema: 'core',
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Collection(_, node) {
      const inner = node.items.flatMap((item) => (isPair(item) ? [item.value] : [item]));
      const flat = inner.every(
        (item) => isScalar(item) || (isCollection(item) && item.items.length === 0),
      );
      node.flow =
        node.items.length === 0 || (flat && String(JSON.stringify(node)).length <= LONGEST_LINE);
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function escapeAll(value: Json): Json {
  if (typeof value === 'string') return escapeReferences(value);
  if (Array.isArray(value)) return value.map(escapeAll);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escapeAll(item)]));
}

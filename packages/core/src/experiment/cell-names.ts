import { createHash } from 'node:crypto';
import type { JsonSchema } from '../plugins/config-schema.js';
import { canonical, isJsonObject, type Json, type JsonObject } from './json.js';
import type { KeyPath } from './key-path.js';

/** Of a value's label and of a cell's name; folders may have 255 bytes. */
const LONGEST_LABEL = 60;
const LONGEST_NAME = 200;

/** An axis as names show it: its values without the options that have their defaults. */
export interface NamedAxis {
  readonly path: KeyPath;
  readonly values: readonly Json[];
}

/**
 * Names of cells, such as `backbone-rcan_head-none_seed-2`, unique and fit for any file system. A value
 * with a name goes by it, and by its options too only where another value of the axis has that name; so
 * a further value changes no name but one it would be mistaken for.
 * @param choices for each cell, which value of each axis
 */
export function nameCells(
  axes: readonly NamedAxis[],
  choices: readonly (readonly number[])[],
): string[] {
  if (axes.length === 0) return choices.map(() => 'main');
  const titles = axisTitles(axes.map(({ path }) => path));
  const labels = axes.map(({ values }) => valueLabels(values));
  return choices.map((choice) => {
    const parts = choice.map((value, axis) => `${titles[axis]}-${labels[axis]?.[value]}`);
    return shorten(parts.join('_'), LONGEST_NAME);
  });
}

/** The last key of each path, with as many keys before it as tell the axes apart. */
function axisTitles(paths: readonly KeyPath[]): string[] {
  const title = (path: KeyPath, length: number) => path.slice(-length).map(slug).join('.');
  return paths.map((path) => {
    let length = 1;
    const others = paths.filter((other) => other !== path);
    const taken = () => others.some((other) => sameName(title(other, length), title(path, length)));
    while (length < path.length && taken()) length++;
    return title(path, length);
  });
}

function valueLabels(values: readonly Json[]): string[] {
  const detailed = disambiguate(values.map(shortLabel), (i) => fullLabel(values[i] as Json));
  const short = detailed.map((label) => shorten(label, LONGEST_LABEL));
  return disambiguate(short, (i) => `${short[i]}-${digest(canonical(values[i] as Json))}`);
}

function disambiguate(labels: readonly string[], longer: (index: number) => string): string[] {
  return labels.map((label, index) => {
    const unique = labels.every((other, i) => i === index || !sameName(other, label));
    return unique ? label : longer(index);
  });
}

/** Some file systems hold capitals and small letters equal. */
function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function shortLabel(value: Json): string {
  return isJsonObject(value) && typeof value.name === 'string'
    ? slug(value.name)
    : fullLabel(value);
}

function fullLabel(value: Json): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return slug(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.map(fullLabel).join('-');
  const { name, ...options } = value;
  const parts = Object.entries(options).map(([key, option]) => `${slug(key)}-${fullLabel(option)}`);
  if (name !== undefined) parts.unshift(fullLabel(name));
  return parts.length === 0 ? 'default' : parts.join('-');
}

/** Letters, digits, dots, plus and hyphens: what is left of a text that may hold anything. */
function slug(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9.+-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return plain === '' ? 'empty' : plain;
}

function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 9)}-${digest(text)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The value without what the schema would fill in. */
export function withoutDefaults(value: Json, schema: JsonSchema | undefined): Json {
  if (!isJsonObject(value) || schema?.properties === undefined) return value;
  const kept: JsonObject = {};
  for (const [key, option] of Object.entries(value)) {
    const child = schema.properties[key];
    const bare = withoutDefaults(option, child);
    const standard = child?.default as Json | undefined;
    const isDefault =
      standard !== undefined &&
      (canonical(option) === canonical(standard) || canonical(bare) === canonical(standard));
    if (!isDefault) kept[key] = bare;
  }
  return kept;
}

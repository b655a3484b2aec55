import { isJsonObject, show, type Json, type JsonObject } from './json.js';

/** A place in the file: the keys from the root on; list entries by their index, as text. */
export type KeyPath = readonly string[];

/** Keys that would reach the prototype of an object instead of the object. */
const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

/** Why a text cannot be a key; undefined when it can. */
export function keyFault(key: string): string | undefined {
  if (key === '') return 'a key is empty';
  return FORBIDDEN_KEYS.includes(key) ? `the key "${key}" is not allowed` : undefined;
}

export function formatKeyPath(path: KeyPath): string {
  return path.join('.');
}

/** Whether `path` is `ancestor` or lies in it. */
export function isWithin(path: KeyPath, ancestor: KeyPath): boolean {
  return ancestor.every((key, depth) => path[depth] === key);
}

/** The value at the path; undefined where there is none. */
export function valueAt(data: Json, path: KeyPath): Json | undefined {
  let value: Json | undefined = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}

/**
 * Sets the value at the path, making the mappings that lead to it.
 * @returns what hinders it; undefined when it is done
 */
export function setValueAt(data: JsonObject, path: KeyPath, value: Json): string | undefined {
  let parent: Json = data;
  for (const [depth, key] of path.entries()) {
    const fault = stepFault(parent, key, path.slice(0, depth));
    if (fault !== undefined) return fault;
    const container = parent as JsonObject;
    if (depth === path.length - 1) container[key] = value;
    else if (!Object.hasOwn(container, key)) container[key] = {};
    parent = container[key] as Json;
  }
  return undefined;
}

function stepFault(parent: Json, key: string, path: KeyPath): string | undefined {
  if (isJsonObject(parent)) return keyFault(key);
  const place = formatKeyPath(path);
  if (!Array.isArray(parent)) return `${place} is ${show(parent)}, so it has no key "${key}"`;
  const exists = /^(0|[1-9]\d*)$/.test(key) && Number(key) < parent.length;
  return exists ? undefined : `${place} has ${parent.length} entries from 0 on, but no "${key}"`;
}

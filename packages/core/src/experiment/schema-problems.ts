import type { ErrorObject } from 'ajv';
import { MmsrError } from '../errors.js';
import type { JsonSchema } from '../plugins/config-schema.js';
import { suggestBriefly } from '../plugins/nearest.js';
import { expectation } from './expectation.js';
import { show } from './json.js';
import { formatKeyPath, type KeyPath } from './key-path.js';
import type { Positions } from './positions.js';

/** Beside those of the experiment's schema, at the root of the file. */
const FILE_KEYS = ['matrix', 'compare', 'profiles'];

/** Turns what ajv found into E_EXPERIMENT, each with its place, what was expected and what was found. */
export function schemaProblems(errors: readonly ErrorObject[], positions: Positions): MmsrError[] {
  return withoutBranches(errors).map((error) => {
    const path = pathOf(error);
    if (error.keyword === 'additionalProperties') return unknownKey(error, path, positions);
    if (error.keyword === 'required') return missingKey(error, path, positions);
    return new MmsrError('E_EXPERIMENT', `${formatKeyPath(path)}: ${unexpected(error)}`, {
      where: positions.ofValue(path),
    });
  });
}

/** The keys of an ajv error's JSON pointer. */
function pathOf({ instancePath }: ErrorObject): KeyPath {
  const keys = instancePath.split('/').slice(1);
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function unknownKey(error: ErrorObject, parent: KeyPath, positions: Positions): MmsrError {
  const { additionalProperty: key } = error.params as { additionalProperty: string };
  const { properties = {}, title } = error.parentSchema as JsonSchema;
  const known = [...Object.keys(properties), ...(parent.length === 0 ? FILE_KEYS : [])];
  const path = [...parent, key];
  const owner = title === undefined ? 'unknown key' : `the ${title} has no such option`;
  return new MmsrError('E_EXPERIMENT', `${formatKeyPath(path)}: ${owner}`, {
    where: positions.ofKey(path),
    advice: suggestBriefly(key, known),
  });
}

function missingKey(error: ErrorObject, parent: KeyPath, positions: Positions): MmsrError {
  const { missingProperty: key } = error.params as { missingProperty: string };
  const { properties } = error.parentSchema as JsonSchema;
  const expected = expectation(properties?.[key] ?? {});
  const path = formatKeyPath([...parent, key]);
  return new MmsrError('E_EXPERIMENT', `${path} is missing: expected ${expected}`, {
    where: positions.ofKey(parent),
  });
}

function unexpected({ keyword, parentSchema, params, data, message }: ErrorObject): string {
  if (keyword === 'uniqueItems') {
    const { i } = params as { i: number };
    return `expected entries that differ; found ${show((data as unknown[])[i])} twice`;
  }
  const expected = expectation(parentSchema as JsonSchema);
  return expected === 'another value'
    ? `${message ?? 'is not allowed'}; found ${show(data)}`
    : `expected ${expected}; found ${show(data)}`;
}

/**
 * Of a union, either what is wrong in the only branch that was meant, or that none fits; ajv gives both,
 * and what is wrong in every other branch.
 */
function withoutBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  let kept = [...errors];
  // A union's own error follows those of its branches, so inner unions come before outer ones.
  for (const union of errors) {
    if (!isUnion(union) || !kept.includes(union)) continue;
    const inside = kept.filter((error) => isInside(error, union));
    const meant = meantBranch(union, inside);
    const dropped = new Set(inside.filter((error) => meant?.includes(error) !== true));
    if (meant !== undefined) dropped.add(union);
    kept = kept.filter((error) => !dropped.has(error));
  }
  return kept;
}

function isUnion({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf';
}

function isInside(error: ErrorObject, union: ErrorObject): boolean {
  return (
    error.schemaPath.startsWith(`${union.schemaPath}/`) &&
    `${error.instancePath}/`.startsWith(`${union.instancePath}/`)
  );
}

/** The errors of the one branch that a mapping or list was meant for; undefined when that is not clear. */
function meantBranch(
  union: ErrorObject,
  inside: readonly ErrorObject[],
): ErrorObject[] | undefined {
  if (typeof union.data !== 'object' || union.data === null) return undefined;
  const branches = new Map<string, ErrorObject[]>();
  for (const error of inside) {
    const [index = ''] = error.schemaPath.slice(union.schemaPath.length + 1).split('/');
    branches.set(index, [...(branches.get(index) ?? []), error]);
  }
  const meant = [...branches.values()].filter(
    (found) => !found.some((error) => rulesOut(error, union)),
  );
  return meant.length === 1 ? meant[0] : undefined;
}

/** Whether the error says that the value was meant for another branch: its type, or a name in it. */
function rulesOut(error: ErrorObject, union: ErrorObject): boolean {
  const depth = error.instancePath.slice(union.instancePath.length).split('/').length - 1;
  return (error.keyword === 'type' && depth === 0) || (error.keyword === 'const' && depth === 1);
}

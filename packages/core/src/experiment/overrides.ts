import { InputError, MmsrError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from './json.js';
import { isWithin, setValueAt, type KeyPath } from './key-path.js';
import type { Positions } from './positions.js';
import { readYaml } from './read-yaml.js';

/**
 * Sets what `--set KEY.PATH=VALUE` says, in order; VALUE is YAML. List entries are named by their index
 * (`a.0.b`), an axis of the matrix as `matrix.model.head`.
 * @returns E_COMMAND_LINE or E_YAML for each that cannot be done
 */
export function applyOverrides(
  data: JsonObject,
  positions: Positions,
  overrides: readonly string[],
): MmsrError[] {
  return overrides.flatMap((override) => {
    const where = `--set ${override}`;
    try {
      const fault = setKey(data, positions, { ...parseOverride(override), where });
      return fault === undefined ? [] : [new MmsrError('E_COMMAND_LINE', ...fault)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.problems.map(
        ({ code, message, advice }) => new MmsrError(code, message, { where, advice }),
      );
    }
  });
}

function parseOverride(override: string): { key: string; value: Json } {
  const equals = override.indexOf('=');
  const key = override.slice(0, Math.max(equals, 0));
  const text = override.slice(equals + 1);
  if (key === '' || text.trim() === '') {
    const advice = 'For no value write KEY=null, for an empty text KEY=\'""\'.';
    throw new InputError([new MmsrError('E_COMMAND_LINE', 'is not KEY=VALUE', { advice })]);
  }
  return { key, value: readYaml(text, '--set').data };
}

/**
 * Sets one key of the file from elsewhere, and says so in the positions.
 * @param setting the key, its value, and where it is said, such as `--set seed=2`
 * @returns message and place of what hinders it; undefined when it is done
 */
export function setKey(
  data: JsonObject,
  positions: Positions,
  { key, value, where }: { readonly key: string; readonly value: Json; readonly where: string },
): [message: string, place: { where: string; advice?: string }] | undefined {
  const axes = isJsonObject(data.matrix) ? Object.keys(data.matrix) : [];
  const path = parsePath(key, axes);
  const hidden =
    path[0] === 'matrix' ? undefined : axes.find((axis) => isWithin(path, axis.split('.')));
  if (hidden !== undefined) {
    const message = `the matrix gives ${hidden} in every cell, so that this changes nothing`;
    return [message, { where, advice: `Set the axis: matrix.${hidden}, to a list of values.` }];
  }
  const fault = setValueAt(data, path, value);
  if (fault !== undefined) return [fault, { where }];
  positions.replace(path, where);
  return undefined;
}

/** An axis of the matrix is one key, dots and all. */
function parsePath(key: string, axes: readonly string[]): KeyPath {
  if (!key.startsWith('matrix.')) return key.split('.');
  const rest = key.slice('matrix.'.length);
  const axis = axes.find((known) => rest === known || rest.startsWith(`${known}.`));
  if (axis === undefined || axis === rest) return ['matrix', rest];
  return ['matrix', axis, ...rest.slice(axis.length + 1).split('.')];
}

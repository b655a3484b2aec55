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
      const { path, value } = parseOverride(override, data);
      const fault = setValueAt(data, path, value);
      if (fault !== undefined) return [new MmsrError('E_COMMAND_LINE', fault, { where })];
      positions.replace(path, where);
      return [];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.problems.map(
        ({ code, message, advice }) => new MmsrError(code, message, { where, advice }),
      );
    }
  });
}

function parseOverride(override: string, data: JsonObject): { path: KeyPath; value: Json } {
  const equals = override.indexOf('=');
  const key = override.slice(0, Math.max(equals, 0));
  const text = override.slice(equals + 1);
  if (key === '' || text.trim() === '') {
    throw wrong('is not KEY=VALUE', 'For no value write KEY=null, for an empty text KEY=\'""\'.');
  }
  const axes = isJsonObject(data.matrix) ? Object.keys(data.matrix) : [];
  const path = parsePath(key, axes);
  const hidden =
    path[0] === 'matrix' ? undefined : axes.find((axis) => isWithin(path, axis.split('.')));
  if (hidden !== undefined) {
    throw wrong(
      `the matrix gives ${hidden} in every cell, so that this changes nothing`,
      `Set the axis: --set 'matrix.${hidden}=[...]'.`,
    );
  }
  return { path, value: readYaml(text, '--set').data };
}

/** An axis of the matrix is one key, dots and all. */
function parsePath(key: string, axes: readonly string[]): KeyPath {
  if (!key.startsWith('matrix.')) return key.split('.');
  const rest = key.slice('matrix.'.length);
  const axis = axes.find((known) => rest === known || rest.startsWith(`${known}.`));
  if (axis === undefined || axis === rest) return ['matrix', rest];
  return ['matrix', axis, ...rest.slice(axis.length + 1).split('.')];
}

function wrong(message: string, advice: string): InputError {
  return new InputError([new MmsrError('E_COMMAND_LINE', message, { advice })]);
}

import { MmsrError } from '../errors.js';
import { canonical, isJsonObject, show, type Json, type JsonObject } from './json.js';
import { isWithin, keyFault, setValueAt, type KeyPath } from './key-path.js';
import type { Positions } from './positions.js';

/** Of one experiment: a product that is larger was hardly meant. */
const MAX_CELLS = 10_000;

/** Keys of the experiment that are the same in each of its cells. */
const NOT_IN_MATRIX = ['name', 'description', 'plugins', 'matrix', 'compare'];

/** One key of the matrix and the values it takes. */
export interface Axis {
  /** As in the file, such as `model.backbone`. */
  readonly key: string;
  readonly path: KeyPath;
  readonly values: readonly Json[];
}

/** One cell before its validation. */
export interface Combination {
  /** For each axis, which of its values. */
  readonly choice: readonly number[];
  readonly data: JsonObject;
  readonly positions: Positions;
}

/**
 * Reads the matrix: paths, each with its values.
 * @returns the axes in the order of the file, and E_EXPERIMENT for what is wrong
 */
export function readMatrix(
  matrix: Json | undefined,
  positions: Positions,
): { axes: Axis[]; problems: MmsrError[] } {
  const problems: MmsrError[] = [];
  const axes: Axis[] = [];
  if (matrix === undefined) return { axes, problems };
  if (!isJsonObject(matrix)) {
    const message = `matrix: expected a mapping from paths to lists of values; found ${show(matrix)}`;
    const where = positions.ofValue(['matrix']);
    return { axes, problems: [new MmsrError('E_EXPERIMENT', message, { where })] };
  }
  for (const [key, values] of Object.entries(matrix)) {
    const fault = axisFault(key, values, axes);
    if (fault === undefined) axes.push({ key, path: key.split('.'), values: values as Json[] });
    else {
      const where = positions.ofKey(['matrix', key]);
      problems.push(new MmsrError('E_EXPERIMENT', `matrix.${key}: ${fault}`, { where }));
    }
  }
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > MAX_CELLS) {
    const message = `matrix: ${count} cells are more than ${MAX_CELLS}`;
    const where = positions.ofKey(['matrix']);
    problems.push(new MmsrError('E_EXPERIMENT', message, { where }));
  }
  return { axes, problems };
}

function axisFault(key: string, values: Json, before: readonly Axis[]): string | undefined {
  const path = key.split('.');
  const wrongKey = path.map(keyFault).find((fault) => fault !== undefined);
  if (wrongKey !== undefined) return wrongKey;
  const [first = ''] = path;
  if (NOT_IN_MATRIX.includes(first)) return `${first} is the same in every cell`;
  if (!Array.isArray(values) || values.length === 0) {
    return `expected a list of values; found ${show(values)}`;
  }
  const hidden = before.find((axis) => isWithin(axis.path, path));
  if (hidden !== undefined) return `it sets all of ${hidden.key}, so it must stand before it`;
  const texts = values.map(canonical);
  const twice = texts.findIndex((text, index) => texts.indexOf(text) < index);
  return twice < 0 ? undefined : `${show(values[twice])} is there twice`;
}

/**
 * The product of the axes in the order of the file, the last axis changing fastest; each combination is
 * the base with the axes' paths set.
 * @returns the combinations, and E_EXPERIMENT for each value that cannot be set
 */
export function expandMatrix(
  base: JsonObject,
  axes: readonly Axis[],
  positions: Positions,
): { combinations: Combination[]; problems: MmsrError[] } {
  const problems: MmsrError[] = [];
  const choices = axes.reduce<number[][]>(
    (product, { values }) => product.flatMap((choice) => values.map((_, i) => [...choice, i])),
    [[]],
  );
  const combinations = choices.map((choice) => {
    const data = structuredClone(base);
    const redirects = axes.map(({ key, path, values }, axis) => {
      const index = choice[axis] as number;
      const from = ['matrix', key, String(index)];
      const fault = setValueAt(data, path, structuredClone(values[index] as Json));
      if (fault !== undefined) {
        const where = positions.ofValue(from);
        problems.push(new MmsrError('E_EXPERIMENT', `matrix.${key}: ${fault}`, { where }));
      }
      return { to: path, from };
    });
    return { choice, data, positions: positions.redirected(redirects) };
  });
  return { combinations, problems };
}

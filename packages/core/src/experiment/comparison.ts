import { MmsrError } from '../errors.js';
import { suggest } from '../plugins/nearest.js';
import { canonical, isJsonObject, show, type Json } from './json.js';
import type { KeyPath } from './key-path.js';
import type { Axis } from './matrix.js';
import type { Positions } from './positions.js';

const COMPARE_KEYS = ['factor', 'baseline'];

/** Which axis the tables compare along, and which of its values is what the others are compared with. */
export interface Comparison {
  readonly axis: number;
  readonly value: number;
}

/**
 * Reads `compare: {factor, baseline}`.
 * @returns which axis and value it names, and E_EXPERIMENT for what is wrong
 */
export function readComparison(
  compare: Json | undefined,
  axes: readonly Axis[],
  positions: Positions,
): { comparison: Comparison | null; problems: MmsrError[] } {
  const problems: MmsrError[] = [];
  const add = (path: KeyPath, message: string, advice?: string) => {
    const where = positions.ofValue(['compare', ...path]);
    problems.push(new MmsrError('E_EXPERIMENT', message, { where, advice }));
    return { comparison: null, problems };
  };
  if (compare === undefined || compare === null) return { comparison: null, problems };
  const keys = isJsonObject(compare) ? Object.keys(compare) : [];
  if (
    !isJsonObject(compare) ||
    keys.length !== 2 ||
    !keys.every((key) => COMPARE_KEYS.includes(key))
  ) {
    return add([], `compare: expected {factor: PATH, baseline: VALUE}; found ${show(compare)}`);
  }
  const { factor = null, baseline = null } = compare;
  const axis = axes.findIndex((candidate) => candidate.key === factor);
  if (axis < 0) {
    const known = axes.map(({ key }) => key);
    const message = `compare.factor: expected a path of the matrix; found ${show(factor)}`;
    return add(['factor'], message, suggest(typeof factor === 'string' ? factor : '', known));
  }
  const { key, values } = axes[axis] as Axis;
  const value = values.findIndex((candidate) => canonical(candidate) === canonical(baseline));
  if (value >= 0) return { comparison: { axis, value }, problems };
  const expected = values.map((candidate) => show(candidate)).join(', ');
  return add(
    ['baseline'],
    `compare.baseline: expected a value of matrix.${key} (${expected}); found ${show(baseline)}`,
  );
}

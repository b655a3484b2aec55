import { dirname } from 'node:path';
import { InputError, MmsrError } from '../errors.js';
import { suggest } from '../plugins/nearest.js';
import { nameCells, withoutDefaults } from './cell-names.js';
import type { Comparison } from './comparison.js';
import type { Json, JsonObject } from './json.js';
import type { Axis, Combination } from './matrix.js';
import { resolveAxes, resolveBase } from './resolved-file.js';
import type { Experiment } from './schema.js';
import type { ValidatedCombination } from './validate.js';

/** One model to train and evaluate. */
export interface Cell {
  /** Unique in the study and fit for a folder. */
  readonly name: string;
  /** Valid, with every default filled in; plain JSON. */
  readonly experiment: Experiment;
  /** What the matrix sets: for each of its paths the value, defaults filled in. */
  readonly settings: Readonly<Record<string, Json>>;
}

/** An experiment file, read. */
export interface Study {
  /** Absolute path of the file. */
  readonly file: string;
  /** Paths in the file are relative to it. */
  readonly folder: string;
  readonly name: string;
  readonly description: string;
  readonly cells: readonly Cell[];
  /** Of all cells of the file, whatever `only` says. */
  readonly cellNames: readonly string[];
  /** The path of the matrix along which tables compare, and the value that the others are compared with. */
  readonly compare: { readonly factor: string; readonly baseline: Json } | null;
  /** The whole file with every default filled in, whatever `only` says. */
  readonly resolved: JsonObject;
}

/** How the file's cells come from it. */
export interface Design {
  readonly axes: readonly Axis[];
  readonly comparison: Comparison | null;
  readonly combinations: readonly Combination[];
}

/**
 * Puts names and settings to valid cells.
 * @throws InputError with E_COMMAND_LINE when `only` names no cell
 */
export function toStudy(
  file: string,
  { axes, comparison }: Design,
  validated: readonly ValidatedCombination[],
  only: readonly string[] | undefined,
): Study {
  const resolvedAxes = resolveAxes(axes, validated);
  const cells = toCells(resolvedAxes, validated);
  const base = resolveBase(axes, validated);
  const compare = comparison && {
    factor: (resolvedAxes[comparison.axis] as Axis).key,
    baseline: (resolvedAxes[comparison.axis] as Axis).values[comparison.value] as Json,
  };
  const matrix = Object.fromEntries(resolvedAxes.map(({ key, values }) => [key, [...values]]));
  return {
    file,
    folder: dirname(file),
    name: base.name as string,
    description: base.description as string,
    cells: pick(cells, only),
    cellNames: cells.map(({ name }) => name),
    compare,
    resolved: { ...base, ...(axes.length > 0 && { matrix }), ...(compare && { compare }) },
  };
}

function toCells(axes: readonly Axis[], validated: readonly ValidatedCombination[]): Cell[] {
  const named = axes.map(({ path, values }, axis) => ({
    path,
    values: values.map((value, index) => {
      const cell = validated.find(({ choice }) => choice[axis] === index);
      const schema = path.reduce((at, key) => at?.properties?.[key], cell?.schema);
      return withoutDefaults(value, schema);
    }),
  }));
  const choices = validated.map(({ choice }) => choice);
  const names = nameCells(named, choices);
  return validated.map(({ choice, data }, index) => ({
    name: names[index] as string,
    experiment: data as unknown as Experiment,
    settings: Object.fromEntries(
      axes.map(({ key, values }, axis) => [key, values[choice[axis] as number] as Json]),
    ),
  }));
}

function pick(cells: readonly Cell[], only: readonly string[] | undefined): readonly Cell[] {
  if (only === undefined || only.length === 0) return cells;
  const names = cells.map(({ name }) => name);
  const wanted = only.map((pattern) => ({ pattern, matches: toExpression(pattern) }));
  const unmatched = wanted.filter(({ matches }) => !names.some((name) => matches.test(name)));
  if (unmatched.length > 0) {
    throw new InputError(
      unmatched.map(
        ({ pattern }) =>
          new MmsrError('E_COMMAND_LINE', `no cell is named "${pattern}"`, {
            where: `--only ${pattern}`,
            advice: suggest(pattern, names),
          }),
      ),
    );
  }
  return cells.filter(({ name }) => wanted.some(({ matches }) => matches.test(name)));
}

/** A pattern in which `*` is any text and `?` any character. */
function toExpression(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

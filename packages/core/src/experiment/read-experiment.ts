import { dirname, resolve } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { InputError, MmsrError } from '../errors.js';
import { suggest } from '../plugins/nearest.js';
import { PluginRegistry, providePlugins } from '../plugins/register.js';
import { nameCells, withoutDefaults } from './cell-names.js';
import { readComparison, type Comparison } from './comparison.js';
import { expandEnvironment } from './environment.js';
import { canonical, isJsonObject, show, type Json, type JsonObject } from './json.js';
import type { KeyPath } from './key-path.js';
import { loadNamedInFile } from './load-plugins.js';
import { expandMatrix, readMatrix, type Axis, type Combination } from './matrix.js';
import { applyOverrides } from './overrides.js';
import { fillPlaces } from './plugin-places.js';
import type { Positions } from './positions.js';
import { readYamlFile } from './read-yaml.js';
import { formatYaml, resolveAxes, resolveBase } from './resolved-file.js';
import type { Experiment } from './schema.js';
import { CellValidator, type ValidatedCombination } from './validate.js';

export interface ReadOptions {
  /** Holds the plugins that need no loading; those that the file names are added to it. */
  readonly container: DependencyContainer;
  /** `KEY.PATH=VALUE`, each as after `--set`. */
  readonly set?: readonly string[];
  /** Names of the cells to keep, or patterns with `*` and `?`; by default all. */
  readonly only?: readonly string[];
  /** By default the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

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
  /** The path of the matrix along which tables compare, and the value that the others are compared with. */
  readonly compare: { readonly factor: string; readonly baseline: Json } | null;
  /** The whole file with every default filled in, whatever `only` says. */
  readonly resolved: JsonObject;
}

/**
 * Reads an experiment file: YAML, overrides, environment variables, matrix, plugins, defaults.
 * @throws InputError with everything that is wrong, each with its place in the file
 */
export async function readExperiment(file: string, options: ReadOptions): Promise<Study> {
  const { container, environment = process.env } = options;
  providePlugins(container);
  const { data, positions } = await readMapping(file);
  const overrideProblems = applyOverrides(data, positions, options.set ?? []);
  const expanded = expandEnvironment(data, positions, environment);
  const design = readDesign(expanded.data as JsonObject, positions);
  const early = [...overrideProblems, ...expanded.problems];
  // Without a sound matrix every cell would be wrong, for no other reason.
  if (overrideProblems.length + design.problems.length > 0) {
    throw new InputError([...early, ...design.problems]);
  }
  const folder = dirname(resolve(file));
  const { combinations } = design;
  const loading = await loadNamedInFile(container, combinations, folder);
  const validator = new CellValidator(new PluginRegistry(container), loading.failures);
  const cells = combinations.map((combination) => validator.validate(combination));
  const problems = [...early, ...loading.problems, ...cells.flatMap((cell) => cell.problems)];
  if (problems.length === 0) problems.push(...equalCells(cells, design.axes, positions));
  if (problems.length > 0) throw new InputError(withoutRepetition(problems));
  return toStudy(resolve(file), design, cells, options.only);
}

async function readMapping(file: string): Promise<{ data: JsonObject; positions: Positions }> {
  const { data, positions } = await readYamlFile(file);
  if (isJsonObject(data)) return { data, positions };
  const found = data === null ? 'nothing' : show(data);
  const message = `expected the keys of an experiment, such as name: and model:; found ${found}`;
  throw new InputError([new MmsrError('E_EXPERIMENT', message, { where: positions.ofValue([]) })]);
}

/** How the file's cells come from it. */
interface Design {
  readonly axes: readonly Axis[];
  readonly comparison: Comparison | null;
  readonly combinations: readonly Combination[];
}

function readDesign(
  data: JsonObject,
  positions: Positions,
): Design & { readonly problems: readonly MmsrError[] } {
  const { matrix, compare, ...base } = data;
  const { axes, problems } = readMatrix(matrix, positions);
  if (problems.length > 0) return { axes, comparison: null, combinations: [], problems };
  const comparison = readComparison(compare, axes, positions);
  const expansion = expandMatrix(base, axes, positions);
  for (const combination of expansion.combinations) fillPlaces(combination.data);
  return {
    axes,
    comparison: comparison.comparison,
    combinations: expansion.combinations,
    problems: withoutRepetition([...comparison.problems, ...expansion.problems]),
  };
}

/** Cells that differ in nothing but the matrix's wording would be the same run twice. */
function equalCells(
  cells: readonly ValidatedCombination[],
  axes: readonly Axis[],
  positions: Positions,
): MmsrError[] {
  const seen = new Map<string, ValidatedCombination>();
  return cells.flatMap((cell) => {
    const text = canonical(cell.data);
    const twin = seen.get(text);
    if (twin === undefined) {
      seen.set(text, cell);
      return [];
    }
    const axis = cell.choice.findIndex((index, at) => index !== twin.choice[at]);
    const { key, values } = axes[axis] as Axis;
    const [index, other] = [cell.choice[axis] as number, twin.choice[axis] as number];
    const path: KeyPath = ['matrix', key, String(index)];
    const message = `matrix.${key}: ${show(values[index])} gives the same experiment as ${show(values[other])}`;
    return [new MmsrError('E_EXPERIMENT', message, { where: positions.ofValue(path) })];
  });
}

/** Each problem once, though many cells may share it; none about text that could not be filled in. */
function withoutRepetition(problems: readonly MmsrError[]): MmsrError[] {
  const unset = new Set(
    problems.filter(({ code }) => code === 'E_ENVIRONMENT').map(({ where }) => where),
  );
  const consequences = problems.filter(
    ({ code, where }) => code === 'E_ENVIRONMENT' || !unset.has(where),
  );
  const unique = new Map(consequences.map((problem) => [problem.describe(), problem]));
  return [...unique.values()].sort((a, b) => lineOf(a) - lineOf(b));
}

/** Places in the file come in its order, others after them. */
function lineOf({ where }: MmsrError): number {
  const [, line, column] = /:(\d+):(\d+)$/.exec(where ?? '') ?? [];
  return line === undefined ? Infinity : Number(line) + Number(column) / 1e6;
}

function toStudy(
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

/** The file with every default filled in, as YAML; reading it gives the same cells. */
export function formatResolved(study: Pick<Study, 'resolved'>): string {
  return formatYaml(study.resolved);
}

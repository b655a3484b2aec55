import { dirname, resolve } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import { InputError, MmsrError } from '../errors.js';
import { PluginRegistry, providePlugins } from '../plugins/register.js';
import { readComparison } from './comparison.js';
import { expandEnvironment } from './environment.js';
import { canonical, isJsonObject, show, type JsonObject } from './json.js';
import type { KeyPath } from './key-path.js';
import { loadNamedInFile } from './load-plugins.js';
import { expandMatrix, readMatrix, type Axis } from './matrix.js';
import { applyOverrides } from './overrides.js';
import { fillPlaces } from './plugin-places.js';
import type { Positions } from './positions.js';
import { applyProfile } from './profiles.js';
import { readYamlFile } from './read-yaml.js';
import { formatYaml } from './resolved-file.js';
import { toStudy, type Cell, type Design, type Study } from './study.js';
import { CellValidator, type ValidatedCombination } from './validate.js';

export interface ReadOptions {
  /** Holds the plugins that need no loading; those that the file names are added to it. */
  readonly container: DependencyContainer;
  /** Which of the file's `profiles` to apply, before `set`; by default none. */
  readonly profile?: string | undefined;
  /** `KEY.PATH=VALUE`, each as after `--set`. */
  readonly set?: readonly string[];
  /** Names of the cells to keep, or patterns with `*` and `?`; by default all. */
  readonly only?: readonly string[];
  /** To which the file's paths are relative; by default the file's own. */
  readonly folder?: string | undefined;
  /** Told of plugins that are not registered before any of them is imported, which is to run it; may throw. */
  readonly beforeImport?: ((plugins: readonly string[]) => void) | undefined;
  /** By default the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export type { Cell, Study };

/**
 * Reads an experiment file: YAML, overrides, environment variables, matrix, plugins, defaults.
 * @throws InputError with everything that is wrong, each with its place in the file
 */
export async function readExperiment(file: string, options: ReadOptions): Promise<Study> {
  const { container, environment = process.env } = options;
  providePlugins(container);
  const { data, positions } = await readMapping(file);
  const overrideProblems = [
    ...applyProfile(data, positions, options.profile),
    ...applyOverrides(data, positions, options.set ?? []),
  ];
  const expanded = expandEnvironment(data, positions, environment);
  const design = readDesign(expanded.data as JsonObject, positions);
  const early = [...overrideProblems, ...expanded.problems];
  // Without a sound matrix every cell would be wrong, for no other reason.
  if (overrideProblems.length + design.problems.length > 0) {
    throw new InputError([...early, ...design.problems]);
  }
  const folder = resolve(options.folder ?? dirname(file));
  const { combinations } = design;
  const loading = await loadNamedInFile(container, combinations, options, folder);
  const validator = new CellValidator(new PluginRegistry(container), loading.failures);
  const cells = combinations.map((combination) => validator.validate(combination));
  const problems = [...early, ...loading.problems, ...cells.flatMap((cell) => cell.problems)];
  if (problems.length === 0) problems.push(...equalCells(cells, design.axes, positions));
  if (problems.length > 0) throw new InputError(theFirst(withoutRepetition(problems)));
  return { ...toStudy(resolve(file), design, cells, options.only), folder };
}

async function readMapping(file: string): Promise<{ data: JsonObject; positions: Positions }> {
  const { data, positions } = await readYamlFile(file);
  if (isJsonObject(data)) return { data, positions };
  const found = data === null ? 'nothing' : show(data);
  const message = `expected the keys of an experiment, such as name: and model:; found ${found}`;
  throw new InputError([new MmsrError('E_EXPERIMENT', message, { where: positions.ofValue([]) })]);
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

/** Of wrong keys; a file with more is another kind of file. */
const MAX_PROBLEMS = 50;

function theFirst(problems: readonly MmsrError[]): readonly MmsrError[] {
  const more = problems.length - MAX_PROBLEMS;
  if (more <= 0) return problems;
  const message = `${more} more problems are not shown`;
  return [...problems.slice(0, MAX_PROBLEMS), new MmsrError('E_EXPERIMENT', message)];
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
  return line === undefined ? Number.MAX_SAFE_INTEGER : Number(line) + Number(column) / 1e6;
}

/** The file with every default filled in, as YAML; reading it gives the same cells. */
export function formatResolved(study: Pick<Study, 'resolved'>): string {
  return formatYaml(study.resolved);
}

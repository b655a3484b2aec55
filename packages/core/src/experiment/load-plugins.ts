import type { DependencyContainer } from 'tsyringe';
import type { PluginKind } from '../contracts/plugin.js';
import { MmsrError } from '../errors.js';
import { loadNamedPlugin, loadPlugins } from '../plugins/discovery.js';
import { PluginRegistry } from '../plugins/register.js';
import { isJsonObject } from './json.js';
import { valueAt } from './key-path.js';
import type { Combination } from './matrix.js';
import { PLACES, pluginKind } from './plugin-places.js';
import type { ReadOptions } from './read-experiment.js';
import { failureKey, type LoadFailures } from './validate.js';

/**
 * Loads what the file's `plugins:` lists, then what its cells name.
 * @returns problems with the former; why a named plugin cannot be had is for whoever reads its place
 */
export async function loadNamedInFile(
  container: DependencyContainer,
  combinations: readonly Combination[],
  { beforeImport }: Pick<ReadOptions, 'beforeImport'>,
  folder: string,
): Promise<{ problems: MmsrError[]; failures: LoadFailures }> {
  const [first] = combinations;
  const unknown = notRegistered(container, combinations);
  if (unknown.length > 0) beforeImport?.(unknown);
  const problems = first === undefined ? [] : await loadListed(container, first, folder);
  const failures = new Map<string, MmsrError>();
  for (const [kind, name] of namedPlugins(combinations)) {
    const failure = await failureOf(loadNamedPlugin(container, kind, name, folder));
    if (failure !== undefined) failures.set(failureKey(kind, name), failure);
  }
  return { problems, failures };
}

function namedPlugins(combinations: readonly Combination[]): [PluginKind, string][] {
  return PLACES.flatMap((place) => {
    const kind = pluginKind(place);
    if (kind === undefined) return [];
    return [...namesAt(place.path, combinations)]
      .filter((name) => kind !== 'engine' || name !== 'auto')
      .map((name): [PluginKind, string] => [kind, name]);
  });
}

/** What the file lists, and what its cells name besides: each would be looked for and imported. */
function notRegistered(
  container: DependencyContainer,
  combinations: readonly Combination[],
): string[] {
  const registry = new PluginRegistry(container);
  const listed = combinations.flatMap(({ data }) =>
    Array.isArray(data.plugins) ? data.plugins : [],
  );
  const named = namedPlugins(combinations)
    .filter(([kind, name]) => registry.find(kind, name) === undefined)
    .map(([kind, name]) => `${kind} ${name}`);
  return [...new Set([...listed.filter((entry) => typeof entry === 'string'), ...named])];
}

/** `plugins` is the same in all cells. */
async function loadListed(
  container: DependencyContainer,
  { data, positions }: Combination,
  folder: string,
): Promise<MmsrError[]> {
  const problems: MmsrError[] = [];
  const entries = Array.isArray(data.plugins) ? data.plugins : [];
  for (const [index, entry] of entries.entries()) {
    if (typeof entry !== 'string') continue;
    const failure = await failureOf(loadPlugins(container, entry, folder));
    if (failure === undefined) continue;
    const { code, message, advice, cause } = failure;
    const where = positions.ofValue(['plugins', String(index)]);
    problems.push(new MmsrError(code, `plugins.${index}: ${message}`, { where, advice, cause }));
  }
  return problems;
}

function namesAt(path: readonly string[], combinations: readonly Combination[]): Set<string> {
  const values = combinations.map(({ data }) => valueAt(data, path));
  const names = values.map((value) => (isJsonObject(value) ? value.name : undefined));
  return new Set(names.filter((name) => typeof name === 'string'));
}

async function failureOf(loading: Promise<void>): Promise<MmsrError | undefined> {
  try {
    await loading;
    return undefined;
  } catch (error) {
    if (error instanceof MmsrError) return error;
    throw error;
  }
}

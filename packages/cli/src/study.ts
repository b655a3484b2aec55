import { join, resolve } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import {
  InputError,
  type CellRequest,
  CellRunner,
  type CellOutcome,
  type CellResults,
  type DifferenceKind,
  type Launcher,
  type LauncherPlugin,
  MmsrError,
  type Progress,
  PluginRegistry,
  readExperiment,
  type ReadOptions,
  RunDirectory,
  suggestBriefly,
  type Study,
  writeStudyRecord,
} from '@mmsr/core';
import { checkRoom } from './check-room.js';
import { checkStudy } from './check.js';
import { createContainer } from './composition.js';

/** An experiment file, read and resolved, with the plugins it names. */
export interface LoadedStudy extends Study {
  readonly container: DependencyContainer;
  /** What else than the file and its cells makes the study, as arguments of `mmsr-run`. */
  readonly commandLine: readonly string[];
}

/**
 * Reads an experiment file and loads the plugins that it names.
 * @param options `profile`: one of the file's; `set`: `KEY=VALUE` overrides; `only`: names of cells;
 * `folder`: where its paths begin, by default at the file; `beforeImport`: told of plugins that do not come with mmsr-run
 * @throws InputError with everything that is wrong
 */
export async function loadStudy(
  file: string,
  options: Pick<ReadOptions, 'profile' | 'set' | 'only' | 'folder' | 'beforeImport'> = {},
): Promise<LoadedStudy> {
  const container = createContainer();
  const study = await readExperiment(file, { ...options, container });
  const { profile, set = [] } = options;
  const commandLine = [
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...set.flatMap((setting) => ['--set', setting]),
  ];
  return { ...study, container, commandLine };
}

export interface RunStudyOptions {
  /** Where run directories are made, as OUT/NAME/CELL. Default: `runs` in the working directory. */
  readonly out?: string;
  readonly onProgress?: (cell: string, progress: Progress) => void;
  /** Stops after the step in progress, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** What starts the cells. Default: `in-process`, or `processes` where `jobs` is above 1. */
  readonly launcher?: string;
  /** Moves runs of another configuration or other images aside and does them again. Default: false. */
  readonly rerunStale?: boolean;
  /** In what runs that are there may differ from what is asked for. Default: nothing. */
  readonly allow?: readonly DifferenceKind[];
  /** Cells at a time, each in a process of its own. Default: 1. */
  readonly jobs?: number;
}

export interface CellReport {
  readonly cell: string;
  readonly directory: string;
  readonly outcome: CellOutcome;
  /** Of a cell that is done. */
  readonly results?: CellResults;
  /** Of a cell that failed. */
  readonly error?: unknown;
}

/**
 * Checks the whole study, then does what is not done of it.
 * @throws InputError before anything is written, when the input is wrong
 */
export async function runStudy(
  study: LoadedStudy,
  options: RunStudyOptions = {},
): Promise<CellReport[]> {
  const { out = 'runs', signal = new AbortController().signal } = options;
  const launcher = createLauncher(study, options);
  const folder = join(resolve(out), study.name);
  const cells = study.cells.map((cell) => ({
    cell,
    directory: join(folder, cell.name),
  }));
  const checks = await checkUnlessStopped(study, signal);
  if (checks === undefined) {
    return cells.map(({ cell, directory }) => ({ cell: cell.name, directory, outcome: 'stopped' }));
  }
  await checkRoom(study, checks, out);
  await writeStudyRecord(folder, study);
  const reports = new Map<string, CellReport>();
  const requests = cells.map(({ cell, directory }) => ({
    cell: cell.name,
    commandLine: commandLineOf(study, cell.name, options),
    run: async () => {
      const check = checks.find((one) => one.cell === cell.name);
      const inputs = check && { data: check.splits, references: check.references };
      const report = await runCell(study, { cell, directory, signal, ...inputs }, options);
      reports.set(cell.name, report);
      return report.outcome;
    },
  }));
  for await (const { cell, outcome, error } of launcher.launch(requests, signal)) {
    const { directory } = cells.find((one) => one.cell.name === cell) as (typeof cells)[0];
    if (reports.has(cell)) continue;
    const results = outcome === 'done' ? await readResults(directory) : undefined;
    reports.set(cell, {
      ...{ cell, directory, outcome },
      ...(results !== undefined && { results }),
      ...(error !== undefined && { error }),
    });
  }
  return cells.map(({ cell }) => reports.get(cell.name) as CellReport);
}

/** Undefined where the signal came before the images were open. */
async function checkUnlessStopped(study: LoadedStudy, signal: AbortSignal) {
  try {
    return await checkStudy(study, undefined, signal);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/** Arguments of `mmsr-run` that do only this cell. */
function commandLineOf(study: LoadedStudy, cell: string, options: RunStudyOptions): string[] {
  const { out = 'runs', rerunStale = false, allow = [] } = options;
  const rest = [
    ...(rerunStale ? ['--rerun-stale'] : []),
    ...allow.flatMap((kind) => ['--allow', kind]),
  ];
  return [study.file, '--only', cell, '--out', out, ...study.commandLine, ...rest];
}

function createLauncher(
  { container }: LoadedStudy,
  { jobs = 1, launcher = jobs > 1 ? 'processes' : 'in-process' }: RunStudyOptions,
): Launcher {
  const registry = container.resolve(PluginRegistry);
  const plugin = registry.find('launcher', launcher) as LauncherPlugin | undefined;
  if (plugin === undefined) {
    const known = registry.list('launcher').map(({ name }) => name);
    throw new MmsrError('E_UNKNOWN_PLUGIN', `there is no launcher "${launcher}"`, {
      where: '--launcher',
      advice: suggestBriefly(launcher, known),
    });
  }
  if (plugin.configSchema.properties.jobs !== undefined) return plugin.create({ jobs });
  if (jobs === 1) return plugin.create({});
  throw new MmsrError('E_COMMAND_LINE', `the launcher "${launcher}" takes no number of jobs`, {
    where: '--jobs',
  });
}

async function runCell(
  study: LoadedStudy,
  request: Pick<CellRequest, 'cell' | 'directory' | 'signal' | 'data' | 'references'>,
  { onProgress, rerunStale = false, allow = [] }: RunStudyOptions,
): Promise<CellReport> {
  const { cell, directory } = request;
  const container = study.container.createChildContainer();
  try {
    const result = await container.resolve(CellRunner).run({
      ...request,
      study: study.name,
      folder: study.folder,
      onProgress: (progress) => onProgress?.(cell.name, progress),
      rerunStale,
      allow,
    });
    return { cell: cell.name, directory, ...result };
  } catch (error) {
    return { cell: cell.name, directory, outcome: outcomeOfError(error), error };
  }
}

/** A run directory of another experiment is wrong input: nothing was written into it. */
function outcomeOfError(error: unknown): CellOutcome {
  const isWrongInput =
    error instanceof InputError || (error instanceof MmsrError && error.code === 'E_RUN_DIRECTORY');
  return isWrongInput ? 'wrong-input' : 'failed';
}

/**
 * Reads results.json of a cell's run directory.
 * @throws MmsrError E_RUN_DIRECTORY when the cell is not done
 */
export async function readResults(directory: string): Promise<CellResults> {
  const results = await new RunDirectory(directory).results();
  if (results !== undefined) return results;
  throw new MmsrError('E_RUN_DIRECTORY', 'holds no results.json', {
    where: directory,
    advice: 'Run the experiment again: it goes on from the last checkpoint.',
  });
}

import { join, resolve } from 'node:path';
import type { DependencyContainer } from 'tsyringe';
import {
  CellRunner,
  type CellOutcome,
  type CellResults,
  type LauncherPlugin,
  messageOf,
  MmsrError,
  type Progress,
  PluginRegistry,
  readExperiment,
  type ReadOptions,
  RunDirectory,
  type Study,
  writeStudyRecord,
} from '@mmsr/core';
import { checkStudy } from './check.js';
import { createContainer } from './composition.js';

/** An experiment file, read and resolved, with the plugins it names. */
export interface LoadedStudy extends Study {
  readonly container: DependencyContainer;
}

/**
 * Reads an experiment file and loads the plugins that it names.
 * @param options `set`: `KEY=VALUE` overrides; `only`: names of cells
 * @throws InputError with everything that is wrong
 */
export async function loadStudy(
  file: string,
  options: Pick<ReadOptions, 'set' | 'only'> = {},
): Promise<LoadedStudy> {
  const container = createContainer();
  const study = await readExperiment(file, { ...options, container });
  return { ...study, container };
}

export interface RunStudyOptions {
  /** Where run directories are made, as OUT/NAME/CELL. Default: `runs` in the working directory. */
  readonly out?: string;
  readonly onProgress?: (cell: string, progress: Progress) => void;
  /** Stops after the step in progress, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly launcher?: string;
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
  await checkStudy(study);
  const folder = join(resolve(out), study.name);
  await writeStudyRecord(folder, study);
  const cells = study.cells.map((cell) => ({
    cell,
    directory: join(folder, cell.name),
  }));
  const reports = new Map<string, CellReport>();
  const requests = cells.map(({ cell, directory }) => ({
    cell: cell.name,
    commandLine: [study.file, '--only', cell.name, '--out', out],
    run: async () => {
      const report = await runCell(study, cell, directory, signal, options);
      reports.set(cell.name, report);
      return report.outcome;
    },
  }));
  const registry = study.container.resolve(PluginRegistry);
  const plugin = registry.find('launcher', options.launcher ?? 'in-process') as LauncherPlugin;
  for await (const { cell, outcome } of plugin.create({}).launch(requests, signal)) {
    const { directory } = cells.find((one) => one.cell.name === cell) as (typeof cells)[0];
    if (!reports.has(cell)) reports.set(cell, { cell, directory, outcome });
  }
  return [...reports.values()];
}

async function runCell(
  study: LoadedStudy,
  cell: Study['cells'][number],
  directory: string,
  signal: AbortSignal,
  { onProgress }: RunStudyOptions,
): Promise<CellReport> {
  const container = study.container.createChildContainer();
  try {
    const result = await container.resolve(CellRunner).run({
      study: study.name,
      cell,
      folder: study.folder,
      directory,
      onProgress: (progress) => onProgress?.(cell.name, progress),
      signal,
    });
    return { cell: cell.name, directory, ...result };
  } catch (error) {
    return { cell: cell.name, directory, outcome: 'failed', error };
  }
}

/**
 * Reads results.json of a cell's run directory.
 * @throws MmsrError E_RUN_DIRECTORY when the cell is not done
 */
export async function readResults(directory: string): Promise<CellResults> {
  let results: CellResults | undefined;
  try {
    results = await new RunDirectory(directory).results();
  } catch (error) {
    if (error instanceof MmsrError) throw error;
    throw new MmsrError('E_RUN_DIRECTORY', messageOf(error), { where: directory });
  }
  if (results !== undefined) return results;
  throw new MmsrError('E_RUN_DIRECTORY', 'holds no results.json', {
    where: directory,
    advice: 'Run the experiment again: it goes on from the last checkpoint.',
  });
}

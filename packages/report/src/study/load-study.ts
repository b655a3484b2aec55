import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  canonical,
  experimentDifferences,
  messageOf,
  MmsrError,
  readStudyRecord,
  RunDirectory,
  type Experiment,
  type StudyRecord,
} from '@mmsr/core';
import { unfinishedState, type CellState } from './cell-state.js';
import { checkedRecord } from './checked-record.js';
import { toDoneCell, type DoneCell } from './done-cell.js';

/** What is in a study's folder. */
export interface StudyRuns extends Pick<StudyRecord, 'name' | 'description' | 'compare'> {
  /** Cells whose results may stand in one table. */
  readonly done: readonly DoneCell[];
  readonly states: readonly CellState[];
}

/**
 * Reads a study's folder or one run directory.
 * @throws MmsrError E_RUN_DIRECTORY when there is no run in it
 */
export async function loadStudyRuns(folder: string): Promise<StudyRuns> {
  const names = await foldersIn(folder);
  const single = (await new RunDirectory(folder).manifest()) !== undefined;
  const record = single ? undefined : checkedRecord(await readStudyRecord(folder), folder);
  const cells: LoadedCell[] = [];
  if (single) cells.push(await loadCell(basename(folder), folder));
  else for (const name of names) cells.push(await loadCell(name, join(folder, name)));
  const runs = cells.filter(({ isRun }) => isRun);
  if (runs.length === 0) throw noRun(folder);
  const listed = record?.cellNames ?? runs.map(({ state }) => state.cell);
  const place = ({ state }: LoadedCell) => {
    const index = listed.indexOf(state.cell);
    return index < 0 ? listed.length : index;
  };
  const { done, states } = leaveOutOthers(
    [...runs].sort((a, b) => place(a) - place(b)),
    listed,
  );
  const missing = listed.filter((name) => !runs.some(({ state }) => state.cell === name));
  return {
    name: record?.name ?? done[0]?.results.experiment ?? basename(folder),
    description: record?.description ?? '',
    compare: record?.compare ?? null,
    done,
    states: [
      ...states,
      ...missing.map((cell): CellState => ({
        cell,
        state: 'not-started',
        reason: null,
        seed: null,
      })),
    ],
  };
}

async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? 'is not there' : `cannot be read (${messageOf(error)})`;
    throw new MmsrError('E_RUN_DIRECTORY', why, {
      where: folder,
      advice: 'Name a folder such as runs/NAME.',
    });
  }
}

function noRun(folder: string): MmsrError {
  return new MmsrError('E_RUN_DIRECTORY', 'holds no run', {
    where: folder,
    advice: 'Name a folder that mmsr-run has made, such as runs/NAME or runs/NAME/CELL.',
  });
}

interface LoadedCell {
  readonly isRun: boolean;
  readonly state: CellState;
  readonly done?: DoneCell;
}

/** A cell whose files are damaged is named as failed; the others are still reported. */
async function loadCell(name: string, directory: string): Promise<LoadedCell> {
  try {
    const run = new RunDirectory(directory);
    const [manifest, results] = [await run.manifest(), await run.results()];
    if (results === undefined) {
      const state = await unfinishedState(name, directory, manifest);
      return { isRun: manifest !== undefined, state };
    }
    const done = toDoneCell(name, directory, manifest, results);
    return {
      isRun: true,
      done,
      state: { cell: name, state: 'done', reason: null, seed: done.seed },
    };
  } catch (error) {
    const reason = error instanceof MmsrError ? error.message : messageOf(error);
    return { isRun: true, state: { cell: name, state: 'failed', reason, seed: null } };
  }
}

/** Cells that the study does not list, or that differ in more than the matrix sets, are not mixed in. */
function leaveOutOthers(runs: readonly LoadedCell[], listed: readonly string[]) {
  const candidates = runs.filter(({ state }) => listed.includes(state.cell));
  const standard = mostCommon(candidates.flatMap(({ done }) => (done === undefined ? [] : [done])));
  const done: DoneCell[] = [];
  const states = runs.map((run): CellState => {
    const reason = listed.includes(run.state.cell)
      ? run.done && standard && otherExperiment(run.done, standard)
      : 'the study has no cell of this name any more';
    if (reason !== undefined) return { ...run.state, state: 'left-out', reason };
    if (run.done !== undefined) done.push(run.done);
    return run.state;
  });
  return { done, states };
}

/** A cell of the kind that most are of; of several, the first in the study's order. */
function mostCommon(cells: readonly DoneCell[]): DoneCell | undefined {
  const count = new Map<string, number>();
  const kind = (cell: DoneCell) => canonical([keysOf(cell), bareExperiment(cell)] as never);
  for (const cell of cells) count.set(kind(cell), (count.get(kind(cell)) ?? 0) + 1);
  const most = Math.max(...count.values());
  return cells.find((cell) => count.get(kind(cell)) === most);
}

function otherExperiment(cell: DoneCell, standard: DoneCell): string | undefined {
  if (canonical(keysOf(cell)) !== canonical(keysOf(standard))) {
    return `its matrix sets other keys than that of ${standard.cell}`;
  }
  const changes = experimentDifferences(bareExperiment(standard), bareExperiment(cell));
  if (changes.length === 0) return undefined;
  return `differs from ${standard.cell} beyond the matrix: ${changes.join('; ')}`;
}

function keysOf({ settings }: DoneCell): string[] {
  return Object.keys(settings).sort();
}

/** The experiment without what the matrix sets. */
function bareExperiment({ manifest, settings }: DoneCell): Experiment {
  const bare = structuredClone(manifest.experiment) as unknown as Record<string, unknown>;
  for (const key of Object.keys(settings)) {
    const path = key.split('.');
    const last = path.pop() as string;
    let at: unknown = bare;
    // Own keys alone: a path from outside must not lead to what all objects share.
    for (const part of path) at = isRecord(at) && Object.hasOwn(at, part) ? at[part] : undefined;
    if (isRecord(at)) delete at[last];
  }
  return bare as unknown as Experiment;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

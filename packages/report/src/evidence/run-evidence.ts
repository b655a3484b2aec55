import { basename, join } from 'node:path';
import { RunDirectory, type Manifest } from '@mmsr/core';
import type { CellState } from '../study/cell-state.js';
import type { StudyRuns } from '../study/load-study.js';
import { readCurves, type Curves } from './read-curves.js';

/** What a report shows of one cell beside its results. */
export interface RunEvidence {
  readonly state: CellState;
  /** The variant it belongs to; its own name while it is not done. */
  readonly variant: string;
  readonly directory: string;
  readonly manifest: Manifest | undefined;
  readonly curves: Curves;
}

/** Reads it of every cell that has begun, in the order of the study. */
export async function readEvidence(
  folder: string,
  runs: StudyRuns,
  variantOf: (cell: string) => string,
): Promise<RunEvidence[]> {
  const begun = runs.states.filter(({ state }) => state !== 'not-started' && state !== 'left-out');
  const evidence: RunEvidence[] = [];
  for (const state of begun) {
    const directory = await directoryOf(folder, state.cell);
    if (directory === undefined) continue;
    const manifest = await new RunDirectory(directory).manifest().catch(() => undefined);
    const curves = await readCurves(directory);
    evidence.push({ state, variant: variantOf(state.cell), directory, manifest, curves });
  }
  return evidence;
}

/** A cell's folder is in the study's; a name that leads out of it is nobody's. */
async function directoryOf(folder: string, cell: string): Promise<string | undefined> {
  const single = (await new RunDirectory(folder).manifest().catch(() => undefined)) !== undefined;
  if (single) return folder;
  return basename(cell) === cell && cell !== '..' && cell !== '.' ? join(folder, cell) : undefined;
}

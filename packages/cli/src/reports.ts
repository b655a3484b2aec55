import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  loadStudyRuns,
  summarizeRuns,
  writeReport,
  writeTables,
  type StudySummary,
} from '@mmsr/report';
import type { CellReport } from './study.js';

export interface WrittenReport {
  readonly summary: StudySummary;
  /** Paths, report.html first. */
  readonly files: readonly string[];
}

/** Writes the report and the tables of what is done in a folder, of a study or of one run. */
export async function writeAll(folder: string): Promise<WrittenReport> {
  const runs = await loadStudyRuns(folder);
  const summary = summarizeRuns(runs);
  const tables = await writeTables(folder, summary);
  return { summary, files: [await writeReport({ folder, runs, summary }), ...tables] };
}

/** Writes report.html of each run that is done and has none of its results yet. */
export async function writeRunReports(reports: readonly CellReport[]): Promise<void> {
  for (const { directory, outcome } of reports) {
    const report = await changedMs(join(directory, 'report.html'));
    const isThere = report > (await changedMs(join(directory, 'results.json')));
    if (outcome !== 'done' || isThere) continue;
    const runs = await loadStudyRuns(directory);
    await writeReport({ folder: directory, runs, summary: summarizeRuns(runs) });
  }
}

/** When a file was last written; before all others where there is none. */
async function changedMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => -Infinity,
  );
}

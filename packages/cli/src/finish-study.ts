import { join, resolve } from 'node:path';
import { createTracker, describeError, PluginRegistry } from '@mmsr/core';
import { isLaunched } from './launchers/cell-process.js';
import { writeAll, writeRunReports, type WrittenReport } from './reports.js';
import type { CellReport, LoadedStudy, RunStudyOptions } from './study.js';

/**
 * Writes the reports of a study and of its runs, as far as they are done, then has the tracker show them. Results
 * that cannot be reported are results: that is a warning. The process of one cell leaves all of it to the one that
 * started it.
 * @param reports what `runStudy` gave
 * @returns undefined where there is no report
 */
export async function finishStudy(
  study: LoadedStudy,
  reports: readonly CellReport[],
  { out = 'runs', onProgress }: Pick<RunStudyOptions, 'out' | 'onProgress'> = {},
): Promise<WrittenReport | undefined> {
  if (isLaunched()) return undefined;
  const directory = join(resolve(out), study.name);
  const say = (level: 'info' | 'warning', text: string) =>
    onProgress?.(study.name, { phase: 'message', level, text });
  const written = await writeReports(directory, reports).catch((error: unknown) => {
    say('warning', `no report: ${describeError(error)}`);
    return undefined;
  });
  const tracked = study.cells.find(({ experiment }) => experiment.tracking !== null);
  if (tracked !== undefined) {
    const tracker = createTracker(study.container.resolve(PluginRegistry), tracked.experiment);
    await tracker?.finishStudy?.({ experiment: study.name, directory, say });
  }
  return written;
}

async function writeReports(
  directory: string,
  reports: readonly CellReport[],
): Promise<WrittenReport | undefined> {
  if (reports.every(({ outcome }) => outcome !== 'done')) return undefined;
  await writeRunReports(reports);
  return writeAll(directory);
}

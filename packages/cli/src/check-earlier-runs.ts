import { join, relative, resolve } from 'node:path';
import { RunDirectory } from '@mmsr/core';
import { type CellCheck, inputsOf } from './check.js';
import type { LoadedStudy } from './study.js';

/**
 * Looks for runs that lie where cells would be run and are of another configuration or other images: they would be
 * refused.
 * @param out where run directories are made
 * @returns warnings with the differences
 * @throws MmsrError E_RUN_DIRECTORY when a manifest cannot be read
 */
export async function checkEarlierRuns(
  study: LoadedStudy,
  checks: readonly CellCheck[],
  out: string,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { name, experiment } of study.cells) {
    const run = new RunDirectory(join(resolve(out), study.name, name));
    const check = checks.find(({ cell }) => cell === name);
    const changed = await run.staleness(inputsOf(experiment, check));
    if (changed.length === 0) continue;
    warnings.push(
      `${relative(process.cwd(), run.path)}: an earlier run lies here and would be refused: ${changed.join('; ')}. ` +
        'Write another `name`, or run with --rerun-stale, which moves it aside.',
    );
  }
  return warnings;
}

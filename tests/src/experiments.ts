import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * An experiment that takes seconds: made tissue, two magnifications, a tiny network, and no loading threads,
 * whose start would take longer than the run.
 */
export const TINY = `name: tiny
scale: 2
data:
  workers: 0
  train:
    source: {name: synthetic, count: 1, sizePx: 256}
    magnifications: [20, 10]
    patchPx: 16
  test:
    source: {name: synthetic, count: 1, sizePx: 256}
    magnifications: [20, 10]
    patchPx: 32
    count: 2
model:
  backbone: {name: edsr, blocks: 1, features: 8}
  head: {name: pooled-linear}
optimizer: {name: adam, learningRate: 1.0e-3}
training: {steps: 6, batchSize: 4, checkpointEverySteps: 2, logEverySteps: 1}
engine: wasm
`;

/** Replacement in it: as many loading threads as a run has that does not name their number. */
export const THREADS = ['  workers: 0\n', ''] as const;

/** Writes an experiment file, the tiny one with replacements, and gives its path. */
export async function writeExperiment(
  folder: string,
  replacements: readonly (readonly [string, string])[] = [],
  text = TINY,
): Promise<string> {
  let changed = text;
  for (const [before, after] of replacements) {
    if (!changed.includes(before)) throw new Error(`the experiment has no "${before}"`);
    changed = changed.replace(before, after);
  }
  const path = join(folder, 'exp.yaml');
  await writeFile(path, changed);
  return path;
}

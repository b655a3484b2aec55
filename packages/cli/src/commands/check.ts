import { formatResolved, type OpenData } from '@mmsr/core';
import { formatAudit } from '../audit-table.js';
import { checkEarlierRuns } from '../check-earlier-runs.js';
import { checkRoom, inMegabytes } from '../check-room.js';
import { checkTracking } from '../check-tracking.js';
import { type CellCheck, checkStudy } from '../check.js';
import { EXIT } from '../exit-codes.js';
import { loadStudy } from '../study.js';
import { formatTable } from '../table.js';
import { formatTried } from '../tried-table.js';
import { tryBatches } from '../try-batches.js';

export interface CheckCommandOptions {
  readonly profile?: string;
  readonly set: readonly string[];
  readonly only: readonly string[];
  readonly resolved: boolean;
  /** Whether one batch of each kind of cell is computed. */
  readonly batch: boolean;
  /** Where run directories would be made. */
  readonly out: string;
  /** Folder for pictures of the images with their patches. */
  readonly preview?: string;
}

/** `mmsr-run check EXP.yaml`. @returns the exit code */
export async function checkCommand(file: string, options: CheckCommandOptions): Promise<number> {
  const study = await loadStudy(file, options);
  const warn = createWarn();
  const checks = await checkStudy(study, options.preview);
  const room = await checkRoom(study, checks, options.out);
  for (const { warnings } of checks) warn(warnings);
  if (options.resolved) {
    process.stdout.write(formatResolved(study));
    return EXIT.done;
  }
  process.stdout.write(`${formatCells(checks)}\n`);
  // Cells that differ in their model alone have the same data.
  const audits = new Set(checks.map(({ splits }) => formatAudit(splits)));
  for (const audit of audits) if (audit !== '') process.stdout.write(`\n${audit}\n`);
  warn(await checkEarlierRuns(study, checks, options.out));
  warn(await checkTracking(study));
  if (options.batch) {
    const onTry = (text: string) => process.stderr.write(`${text}\n`);
    const tried = await tryBatches(study, checks, { ...options, onTry });
    process.stdout.write(`\n${formatTried(tried)}\n`);
    for (const { warnings } of tried) warn(warnings);
  }
  const { neededBytes, freeBytes } = room;
  process.stdout.write(
    `\ncheckpoints: ${inMegabytes(neededBytes)} in ${options.out}, where ${inMegabytes(freeBytes)} are free\n` +
      `${file}: ${verdict(warn.count())}\n`,
  );
  return EXIT.done;
}

function formatCells(checks: readonly CellCheck[]): string {
  const rows = checks.map(({ cell, parameters, splits }) => [
    cell,
    parameters.toLocaleString('en'),
    ...(['train', 'validation', 'test'] as const).map((split) => describeSplit(splits[split])),
  ]);
  const header = ['cell', 'parameters', 'train', 'validation', 'test'];
  return formatTable(header, rows, ['left', 'right', 'left']);
}

/** Tells each warning once, and counts them. */
function createWarn() {
  const told = new Set<string>();
  const warn = (warnings: readonly string[]) => {
    for (const warning of warnings) {
      if (!told.has(warning)) process.stderr.write(`warning: ${warning}\n`);
      told.add(warning);
    }
  };
  return Object.assign(warn, { count: () => told.size });
}

function verdict(warnings: number): string {
  if (warnings === 0) return 'nothing wrong found';
  return `no error, ${warnings === 1 ? '1 warning' : `${warnings} warnings`}`;
}

/** Such as `2 images; 24 patches of 20x, 24 of 10x`. */
function describeSplit(split: OpenData['splits']['train']): string {
  if (split === undefined) return '-';
  const images = `${split.images.length} image${split.images.length === 1 ? '' : 's'}`;
  const samples = Object.entries(split.samples)
    .sort(([a], [b]) => Number(b) - Number(a))
    .filter(([, count]) => count > 0)
    .map(([magnification, count]) => `${count} of ${magnification}x`);
  return samples.length === 0 ? images : `${images}: ${samples.join(', ')}`;
}

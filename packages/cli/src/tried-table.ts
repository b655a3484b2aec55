import { inMegabytes } from './check-room.js';
import { formatDuration } from './commands/dry-run.js';
import { formatTable } from './table.js';
import type { TriedKind } from './try-batches.js';

/** What one batch and one image of each kind of cell showed, as a table with a heading and what it means. */
export function formatTried(tried: readonly TriedKind[]): string {
  const rows = tried.map((kind) => [
    nameOf(kind),
    kind.device.engine,
    Object.entries(kind.losses)
      .filter(([name]) => name !== 'loss')
      .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
      .join(', '),
    kind.cost.stepSeconds.toPrecision(2),
    inMegabytes(kind.stepPeakBytes),
    `${inMegabytes(kind.imagePeakBytes)} (${kind.imagePx} px)`,
    formatDuration(kind.seconds),
  ]);
  const header = [
    ...['one batch of', 'engine', 'losses', 's per step'],
    ...['memory of a step', 'of an image', 'a cell takes roughly'],
  ];
  const table = formatTable(header, rows, ['left', 'left', 'left', 'right']);
  const free = Math.min(...tried.map(({ freeBytes }) => freeBytes));
  return (
    `${table}\n\nmemory: of the whole process, where ${inMegabytes(free)} are free\n` +
    'time: from one step and one image, so rough; mmsr-run --dry-run measures more of them'
  );
}

/** Such as `edsr_seed-1 (and 2 more seeds)`. */
function nameOf({ cells: [cell, ...others] }: TriedKind): string {
  return others.length === 0
    ? cell
    : `${cell} (and ${others.length} more seed${others.length === 1 ? '' : 's'})`;
}

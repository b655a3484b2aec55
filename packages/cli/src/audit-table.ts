import type { OpenData, SourceImage, ValueRange } from '@mmsr/core';
import { formatTable } from './table.js';

const SPLITS = ['train', 'validation', 'test'] as const;
/** Of pairs, those that lie furthest apart: the others are told by their number. */
const MOST_PAIRS = 20;

/** What every split has at each magnification, and how its real pairs lie. */
export function formatAudit(splits: OpenData['splits']): string {
  const rows = SPLITS.flatMap((split) =>
    (splits[split]?.magnifications ?? []).map((row) => [
      split,
      `${row.magnification}x`,
      String(row.images),
      String(row.groups),
      String(row.patches),
      rangeText(row.nativeMagnification, 'x'),
      rangeText(row.micronsPerPixel),
      rangeText(row.effectiveMicronsPerPixel),
    ]),
  );
  const header = [
    'split',
    'magnification',
    'images',
    'groups',
    'patches',
    'native',
    'native mpp',
    'effective mpp',
  ];
  const table = rows.length === 0 ? [] : [formatTable(header, rows, ['left', 'right'])];
  return [...table, ...pairTables(splits)].join('\n\n');
}

/** Numbers of four digits: what files say is not more exact. */
function rangeText(range: ValueRange | null, unit = ''): string {
  if (range === null) return 'unknown';
  const [least, most] = [range.least, range.most].map((value) => Number(value.toPrecision(4)));
  return least === most ? `${least}${unit}` : `${least}${unit} to ${most}${unit}`;
}

function pairTables(splits: OpenData['splits']): string[] {
  return SPLITS.flatMap((split) => {
    const pairs = (splits[split]?.images ?? [])
      .filter(({ registration }) => registration !== undefined)
      .sort((a, b) => distancePx(b) - distancePx(a));
    if (pairs.length === 0) return [];
    const rows = pairs.slice(0, MOST_PAIRS).map((image) => {
      const { shiftXPx = 0, shiftYPx = 0, isCorrected = false } = image.registration ?? {};
      const shift = [shiftXPx, shiftYPx, distancePx(image)].map((px) => px.toFixed(2));
      return [image.id, ...shift, isCorrected ? 'moved back' : 'as it is'];
    });
    const header = [`pairs of ${split}`, 'right px', 'down px', 'distance', 'LR image'];
    const table = formatTable(header, rows, ['left', 'right', 'right', 'right', 'left']);
    const left = pairs.length - rows.length;
    return [left === 0 ? table : `${table}\nand ${left} more that lie nearer`];
  });
}

/** In LR pixels. */
function distancePx({ registration }: SourceImage): number {
  return Math.hypot(registration?.shiftXPx ?? 0, registration?.shiftYPx ?? 0);
}

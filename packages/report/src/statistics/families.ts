import { holm } from './holm.js';
import { METRIC_NAMES, type Metric } from './pair-images.js';

/** Comparisons whose p values are adjusted together. */
export interface Family {
  /** `primary`, or what is in it, such as `SSIM by magnification`. */
  readonly name: string;
  /** How many comparisons of it were tested. */
  readonly tests: number;
}

/** What says to which family a comparison belongs. */
export interface FamilyMember {
  readonly cell: string;
  readonly baseline: string;
  readonly metric: Metric;
  readonly magnification: number | 'all';
  readonly pValue: number | null;
}

/** The family that answers the experiment's question. */
export const PRIMARY = 'primary';

/**
 * Sorts the comparisons of a table into families and adjusts the p values of each by Holm's method: one family of
 * each metric over all images, one of each metric by magnification. That of the primary metric over all images is
 * the primary one.
 * @param primary null: the table answers no question of the experiment, so none is primary
 */
export function adjust<Row extends FamilyMember>(
  rows: readonly Row[],
  primary: Metric | null,
): (Row & { readonly family: Family; readonly adjustedPValue: number | null })[] {
  const names = rows.map((row) => familyName(row, rows, primary));
  const adjusted = new Map<Row, number | null>();
  const tests = new Map<string, number>();
  for (const name of new Set(names)) {
    const members = rows.filter((_, index) => names[index] === name);
    const pValues = holm(members.map(({ pValue }) => pValue));
    members.forEach((row, index) => adjusted.set(row, pValues[index] ?? null));
    tests.set(name, members.filter(({ pValue }) => pValue !== null).length);
  }
  return rows.map((row, index) => {
    const name = names[index] as string;
    const family = { name, tests: tests.get(name) as number };
    return { ...row, family, adjustedPValue: adjusted.get(row) ?? null };
  });
}

function familyName(
  row: FamilyMember,
  rows: readonly FamilyMember[],
  primary: Metric | null,
): string {
  const { name } = METRIC_NAMES[row.metric];
  if (!isOverall(row, rows)) return `${name} by magnification`;
  return row.metric === primary ? PRIMARY : `${name} over all`;
}

/** Whether a comparison is over all magnifications, or of the only one. */
export function isOverall(row: FamilyMember, rows: readonly FamilyMember[]): boolean {
  return (
    row.magnification === 'all' ||
    !rows.some(
      ({ cell, baseline, magnification }) =>
        cell === row.cell && baseline === row.baseline && magnification === 'all',
    )
  );
}

/** A table, apart from how it is written: Markdown, CSV or LaTeX, or plain text. */
export interface Table {
  /** Fit for a file name and a LaTeX label. */
  readonly id: string;
  readonly title: string;
  /** How the numbers were made: stands beside them wherever they go. */
  readonly protocol: string;
  readonly columns: readonly Column[];
  /** Each with as many cells as there are columns. */
  readonly rows: readonly (readonly TableCell[])[];
  readonly warnings: readonly string[];
}

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
  /** Names of the values that a CSV file has for it, in full precision. */
  readonly fields: readonly string[];
}

export interface TableCell {
  /** As people read it, rounded. */
  readonly text: string;
  /** As many as the column has fields; null where there is none. */
  readonly values: readonly (number | string | null)[];
  readonly rank?: 'best' | 'second';
}

/** Shown where there is no value. */
export const NONE = '-';

export function textCell(text: string): TableCell {
  return { text, values: [text] };
}

export function numberCell(value: number | null, format: (value: number) => string): TableCell {
  return { text: value === null ? NONE : format(value), values: [value] };
}

/** A number with its sign; rounded to nothing it has none. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '-' : '+'}${text}`;
}

/** As papers give p: three digits, and no more than are meant below a thousandth. */
export function formatP(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

export function magnificationLabel(magnification: number | string): string {
  return magnification === 'all' ? 'all' : `${magnification}x`;
}

/**
 * Marks the highest and the second highest of each column; what reads the same is marked the same, and where
 * all read the same nothing is marked.
 */
export function markBest(
  rows: readonly (readonly TableCell[])[],
  columns: readonly number[],
): TableCell[][] {
  const marked = rows.map((row) => [...row]);
  for (const column of columns) {
    // By what is shown: a difference that rounding hides is no reason to prefer one.
    const shownValue = (row: readonly TableCell[]) => Number.parseFloat(row[column]?.text ?? '');
    const values = [...new Set(rows.map(shownValue).filter(Number.isFinite))].sort((a, b) => b - a);
    const [best, second] = values;
    if (values.length < 2) continue;
    for (const row of marked) {
      const rank = shownValue(row) === best ? 'best' : shownValue(row) === second ? 'second' : null;
      if (rank !== null) row[column] = { ...(row[column] as TableCell), rank };
    }
  }
  return marked;
}

/** Text from outside on one line, without control characters. */
export function plainLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

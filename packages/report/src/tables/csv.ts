import { plainLine, type Table } from './table.js';

/**
 * A table as CSV (RFC 4180) with numbers in full precision; the title, the protocol and the warnings are
 * lines before it that begin with #.
 */
export function toCsv({ title, protocol, columns, rows, warnings }: Table): string {
  const comments = [title, protocol, ...warnings.map((warning) => `Warning: ${warning}`)];
  const lines = [
    columns.flatMap(({ fields }) => fields).map(csvField),
    ...rows.map((row) => row.flatMap(({ values }) => values.map(csvField))),
  ];
  return [
    ...comments.map((text) => `# ${plainLine(text)}`),
    ...lines.map((fields) => fields.join(',')),
    '',
  ].join('\r\n');
}

/** A text that a spreadsheet would take for a formula gets an apostrophe before it. */
function csvField(value: number | string | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[\s]*[=+\-@]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n#]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

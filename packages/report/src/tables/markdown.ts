import { plainLine, type Table, type TableCell } from './table.js';

/**
 * A study's tables in GitHub's Markdown; the best of a column is bold, the second underlined.
 * @param answers sentences that stand before the tables
 */
export function toMarkdown(
  name: string,
  answers: readonly string[],
  tables: readonly Table[],
): string {
  const head = [`# ${escapeMarkdown(name)}`, ...answers.map((text) => `- ${escapeMarkdown(text)}`)];
  const [title, ...list] = head;
  return `${[title, list.join('\n'), ...tables.map(markdownTable)].join('\n\n')}\n`;
}

function markdownTable({ title, protocol, columns, rows, warnings }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = columns.map(({ align }) => (align === 'right' ? '---:' : '---'));
  return [
    `## ${escapeMarkdown(title)}`,
    '',
    line(columns.map(({ header }) => escapeMarkdown(header))),
    line(rule),
    ...rows.map((row) => line(row.map(markdownCell))),
    '',
    ...warnings.flatMap((warning) => [`**Warning:** ${escapeMarkdown(warning)}`, '']),
    `${escapeMarkdown(protocol)}.`,
  ].join('\n');
}

function markdownCell({ text, rank }: TableCell): string {
  const escaped = escapeMarkdown(text);
  if (rank === undefined) return escaped;
  return rank === 'best' ? `**${escaped}**` : `<u>${escaped}</u>`;
}

/** Text that stays text: no cell, tag, link, image, emphasis, code or line of its own. */
export function escapeMarkdown(text: string): string {
  return plainLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~!#$]/g, '\\$&');
}

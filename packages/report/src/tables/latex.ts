import { plainLine, type Table, type TableCell } from './table.js';

/** Tables for `\input` into a paper that loads booktabs; best bold, second underlined. */
export function toLatex(tables: readonly Table[]): string {
  const head = '% Needs \\usepackage{booktabs}.';
  return `${[head, ...tables.map(latexTable)].join('\n\n')}\n`;
}

function latexTable({ id, title, protocol, columns, rows, warnings }: Table): string {
  const line = (cells: readonly string[]) => `    ${cells.join(' & ')} \\\\`;
  const notes = warnings.map((warning) => ` ${escapeLatex(warning)}`).join('');
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escapeLatex(title)}. ${escapeLatex(protocol)}.${notes}}`,
    `  \\label{tab:${id}}`,
    `  \\begin{tabular}{${columns.map(({ align }) => (align === 'right' ? 'r' : 'l')).join('')}}`,
    '    \\toprule',
    line(columns.map(({ header }) => escapeLatex(header))),
    '    \\midrule',
    ...rows.map((row) => line(row.map(latexCell))),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n');
}

function latexCell({ text, values, rank }: TableCell): string {
  const isNumber = typeof values[0] === 'number';
  const escaped = isNumber ? numberText(text) : escapeLatex(text);
  if (rank === undefined) return escaped;
  return rank === 'best' ? `\\textbf{${escaped}}` : `\\underline{${escaped}}`;
}

/** Signs as mathematics sets them. */
function numberText(text: string): string {
  return escapeLatex(text)
    .replace(/(^|\s)-(?=\d)/g, '$1$-$')
    .replace(/(^|\s)\+(?=\d)/g, '$1$+$');
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '"': "''",
  '|': '\\textbar{}',
  '±': '$\\pm$',
};

/** Text that LaTeX prints as it is: no command, no comment, no column, no line of its own. */
export function escapeLatex(text: string): string {
  return plainLine(text).replace(
    /[\\{}$&#%_^~<>"|±]/g,
    (character) => SPECIAL[character] as string,
  );
}

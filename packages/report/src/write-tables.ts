import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, MmsrError, writeDurably } from '@mmsr/core';
import type { StudySummary } from './study/study-summary.js';
import { answers } from './tables/answers.js';
import { toCsv } from './tables/csv.js';
import { toLatex } from './tables/latex.js';
import { toMarkdown } from './tables/markdown.js';
import { studyTables } from './tables/study-tables.js';

/**
 * Writes DIR/report: tables.md, tables.tex, a CSV file for each table, and statistics.json, the summary itself.
 * @returns paths of the files
 * @throws MmsrError E_FILE
 */
export async function writeTables(folder: string, summary: StudySummary): Promise<string[]> {
  const tables = studyTables(summary);
  const files: [string, string][] = [
    ['tables.md', toMarkdown(summary.name, answers(summary), tables)],
    ['tables.tex', toLatex(tables)],
    ...tables.map((table): [string, string] => [`${table.id}.csv`, toCsv(table)]),
    ['statistics.json', `${JSON.stringify(summary, null, 2)}\n`],
  ];
  const target = join(folder, 'report');
  try {
    await mkdir(target, { recursive: true });
  } catch (error) {
    throw new MmsrError('E_FILE', `cannot be made (${messageOf(error)})`, { where: target });
  }
  for (const [name, text] of files) await writeDurably(join(target, name), text);
  return files.map(([name]) => join(target, name));
}

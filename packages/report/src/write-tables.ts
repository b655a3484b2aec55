import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeDurably } from '@mmsr/core';
import type { StudySummary } from './study/study-summary.js';
import { answers } from './tables/answers.js';
import { toCsv } from './tables/csv.js';
import { toLatex } from './tables/latex.js';
import { toMarkdown } from './tables/markdown.js';
import { studyTables } from './tables/study-tables.js';

/** Tables that an earlier report may have left and this one has no more. */
const TABLE_FILE = /^(?:results|comparison|bicubic|confusion)(?:-\d+)?\.csv$/;

/** The summary of a study and its answers in sentences: what statistics.json holds. */
export function toStatisticsJson(summary: StudySummary): string {
  return `${JSON.stringify({ ...summary, answers: answers(summary) }, null, 2)}\n`;
}

/**
 * Writes DIR/report: tables.md, tables.tex, a CSV file for each table, and statistics.json.
 * @returns paths of the files
 * @throws MmsrError E_FILE
 */
export async function writeTables(folder: string, summary: StudySummary): Promise<string[]> {
  const tables = studyTables(summary);
  const files: [string, string][] = [
    ['tables.md', toMarkdown(summary.name, answers(summary), tables)],
    ['tables.tex', toLatex(tables)],
    ...tables.map((table): [string, string] => [`${table.id}.csv`, toCsv(table)]),
    ['statistics.json', toStatisticsJson(summary)],
  ];
  const target = join(folder, 'report');
  await makeFolder(target);
  const old = (await readdir(target)).filter((name) => TABLE_FILE.test(name));
  const names = files.map(([name]) => name);
  for (const name of old) if (!names.includes(name)) await rm(join(target, name));
  for (const [name, text] of files) await writeDurably(join(target, name), text);
  return names.map((name) => join(target, name));
}

import { relative, resolve } from 'node:path';
import {
  answers,
  comparisonTables,
  plainLine,
  toStatisticsJson,
  type StudySummary,
  type Table,
} from '@mmsr/report';
import { EXIT } from '../exit-codes.js';
import { writeAll } from '../reports.js';
import { formatTable } from '../table.js';

export interface ReportCommandOptions {
  readonly json: boolean;
}

/** `mmsr-run report DIR`: report, statistics and tables of what is done. @returns the exit code */
export async function reportCommand(
  folder: string,
  { json }: ReportCommandOptions,
): Promise<number> {
  const { summary, files } = await writeAll(resolve(folder));
  for (const note of summary.notes) process.stderr.write(`note: ${plainLine(note)}\n`);
  if (json) {
    process.stdout.write(toStatisticsJson(summary));
    return EXIT.done;
  }
  process.stdout.write(`${formatAnswer(summary)}\n\n`);
  for (const file of files) process.stdout.write(`${relative(process.cwd(), file)}\n`);
  return EXIT.done;
}

/** The answer in sentences, the table of comparisons and what to know before believing it. */
export function formatAnswer(summary: StudySummary): string {
  const table = comparisonTables(summary).find(({ rows }) => rows.length > 0);
  return [
    ...answers(summary),
    ...(table === undefined ? [] : ['', ...formatComparison(table)]),
  ].join('\n');
}

function formatComparison({ columns, rows, warnings, protocol }: Table): string[] {
  return [
    formatTable(
      columns.map(({ header }) => header),
      rows.map((row) => row.map(({ text }) => plainLine(text))),
      columns.map(({ align }) => align),
    ),
    '',
    ...warnings.map((warning) => `warning: ${plainLine(warning)}`),
    `${plainLine(protocol)}.`,
  ];
}

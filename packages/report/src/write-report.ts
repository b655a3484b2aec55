import { join } from 'node:path';
import { writeDurably } from '@mmsr/core';
import type { StudyRuns } from './study/load-study.js';
import type { StudySummary } from './study/study-summary.js';

/** What a report is made of: a study or run, and what was computed from it. */
export interface ReportInput {
  /** Of the study or of one run. */
  readonly folder: string;
  readonly runs: StudyRuns;
  readonly summary: StudySummary;
}

/** The report as one HTML file that loads nothing, for a study or for one run. */
export async function reportHtml(input: ReportInput): Promise<string> {
  // Drawing takes half a second to load, which only reports should cost.
  const { reportPage } = await import('./html/page.js');
  return reportPage(input);
}

/**
 * Writes report.html into the folder.
 * @returns its path
 * @throws MmsrError E_FILE
 */
export async function writeReport(input: ReportInput): Promise<string> {
  const path = join(input.folder, 'report.html');
  await writeDurably(path, await reportHtml(input));
  return path;
}

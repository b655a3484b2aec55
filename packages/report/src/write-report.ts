import { join } from 'node:path';
import { writeDurably } from '@mmsr/core';
import { readEvidence } from './evidence/run-evidence.js';
import { answerSection } from './html/answer-section.js';
import { curvesSection } from './html/curves-section.js';
import { toDocument } from './html/document.js';
import { confusionSection, gainSection, tablesSection } from './html/results-section.js';
import { html, type SafeHtml } from './html/safe-html.js';
import { setupSection } from './html/setup-section.js';
import type { StudyRuns } from './study/load-study.js';
import type { StudySummary } from './study/study-summary.js';

/** What a report is made of: a study or run, and what was computed from it. */
export interface ReportInput {
  /** Of the study or of one run. */
  readonly folder: string;
  readonly runs: StudyRuns;
  readonly summary: StudySummary;
}

/**
 * The report as one HTML file that loads nothing, for a study or for one run.
 * @throws MmsrError E_FILE
 */
export async function reportHtml({ folder, runs, summary }: ReportInput): Promise<string> {
  const variants = summary.blocks.flatMap((block) => block.variants);
  const variantOf = (cell: string) =>
    variants.find(({ cells }) => cells.includes(cell))?.name ?? cell;
  const evidence = await readEvidence(folder, runs, variantOf);
  const sections = [
    answerSection(summary),
    gainSection(summary),
    tablesSection(summary),
    confusionSection(summary),
    curvesSection(evidence),
    setupSection(summary, evidence),
  ];
  return toDocument(`${summary.name}: report`, page(summary, sections));
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

function page({ name }: StudySummary, sections: readonly (SafeHtml | null)[]): SafeHtml {
  return html`<a class="skip" href="#answer">To the answer</a>
    <header><h1>${name}</h1></header>
    <main>${sections}</main>
    <footer>
      <p>
        Made by mmsr from the run directories alone. Super-resolved images are no basis for a
        diagnosis.
      </p>
    </footer>`;
}

import type { VariantExamples } from '../evidence/choose-examples.js';
import { readExamples } from '../evidence/read-examples.js';
import { readEvidence, type RunEvidence } from '../evidence/run-evidence.js';
import { answerSection } from './answer-section.js';
import { curvesSection } from './curves-section.js';
import { toDocument } from './document.js';
import { examplesSection } from './examples-section.js';
import { confusionSection, gainSection, tablesSection } from './results-section.js';
import { html, type SafeHtml } from './safe-html.js';
import { setupSection } from './setup-section.js';
import { tasksSection } from './tasks-section.js';
import type { DoneCell } from '../study/done-cell.js';
import type { StudyRuns } from '../study/load-study.js';
import type { StudySummary } from '../study/study-summary.js';
import type { ReportInput } from '../write-report.js';

/** The report of a study or of one run, section by section. */
export async function reportPage({ folder, runs, summary }: ReportInput): Promise<string> {
  const variants = summary.blocks.flatMap((block) => block.variants);
  const variantOf = (cell: string) =>
    variants.find(({ cells }) => cells.includes(cell))?.name ?? cell;
  const evidence = await readEvidence(folder, runs, variantOf);
  const sections = [
    answerSection(summary),
    gainSection(summary),
    tablesSection(summary),
    confusionSection(summary),
    examplesSection(await readVariantExamples(evidence, runs, summary)),
    curvesSection(evidence),
    tasksSection(evidence),
    setupSection(summary, evidence),
  ];
  return toDocument(`${summary.name}: report`, page(summary, sections));
}

/** Of each variant, those of its first cell that kept some. */
async function readVariantExamples(
  evidence: readonly RunEvidence[],
  { done }: StudyRuns,
  summary: StudySummary,
): Promise<VariantExamples[]> {
  const found = new Map<string, VariantExamples>();
  for (const { state, variant, directory } of evidence) {
    const cell = done.find((one) => one.cell === state.cell);
    if (cell === undefined || found.has(variant)) continue;
    const examples = await readExamples(directory, cell);
    const baseline = baselineOf(cell, variant, done, summary);
    if (examples.length > 0) found.set(variant, { variant, cell, examples, baseline });
  }
  return [...found.values()];
}

function baselineOf(
  { seed }: DoneCell,
  variant: string,
  done: readonly DoneCell[],
  { baseline, blocks }: StudySummary,
): DoneCell | undefined {
  const name = baseline?.rows.find(({ cell }) => cell === variant)?.baseline;
  const variants = blocks.flatMap((block) => block.variants);
  const cells = variants.find((other) => other.name === name)?.cells ?? [];
  return done.find((other) => other.seed === seed && cells.includes(other.cell));
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

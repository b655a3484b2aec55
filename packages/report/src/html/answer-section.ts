import type { ComparisonRow } from '../statistics/compare.js';
import { PRIMARY } from '../statistics/families.js';
import { METRIC_NAMES } from '../statistics/pair-images.js';
import type { StudySummary } from '../study/study-summary.js';
import { answers, counted, overallRows, verdict } from '../tables/answers.js';
import { intervalText } from '../tables/comparison-table.js';
import { formatP, magnificationLabel, NONE, signed } from '../tables/table.js';
import { html, type SafeHtml } from './safe-html.js';
import { warningList } from './table.js';

/** The question, and what was found: how much, and how sure that is. */
export function answerSection(summary: StudySummary): SafeHtml {
  const rows = overallRows(summary);
  const { warnings } = summary.baseline ?? summary.bicubic;
  const cards = rows.filter(({ family }) => family.name === PRIMARY);
  return html`<section aria-labelledby="answer">
    <h2 id="answer">${questionOf(summary)}</h2>
    <div class="cards">${cards.map(card)}</div>
    <ul class="answers">
      ${answers(summary).map((sentence) => html`<li>${sentence}</li>`)}
    </ul>
    ${warningList(warnings)} ${warningList(summary.notes)}
  </section>`;
}

function questionOf({ description, compare }: StudySummary): string {
  if (description.trim() !== '') return description;
  if (compare === null) return 'Is it better than bicubic interpolation?';
  if (compare.factor === 'model.head') return 'Does the magnification branch help?';
  return `What does ${compare.factor} change?`;
}

function card(row: ComparisonRow): SafeHtml {
  const { name, unit, digits } = METRIC_NAMES[row.metric];
  const found = verdict(row);
  const mood = found === 'better' || found === 'worse' ? found : 'unsure';
  const at = row.magnification === 'all' ? '' : ` at ${magnificationLabel(row.magnification)}`;
  const interval =
    row.interval === null ? 'no interval' : `95 % CI ${intervalText(row.interval, digits)}`;
  const p = row.adjustedPValue === null ? NONE : formatP(row.adjustedPValue);
  return html`<div class="card ${mood}">
    <p class="who">${row.cell} <span>instead of ${row.baseline}</span></p>
    <p class="gain">${signed(row.difference, digits)}${unit} <span>${name}${at}</span></p>
    <p class="sure">
      <strong>${found}</strong><br />${interval}; Holm p ${p} over
      ${counted(row.family.tests, 'test')}; ${counted(row.groups, 'group')},
      ${counted(row.seeds.length, 'seed')}
    </p>
  </div>`;
}

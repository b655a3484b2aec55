import { gainCharts } from '../charts/gain-chart.js';
import { confusionChart } from '../charts/confusion-chart.js';
import type { StudySummary } from '../study/study-summary.js';
import { studyTables } from '../tables/study-tables.js';
import { html, type SafeHtml } from './safe-html.js';
import { tableFigure } from './table.js';

/** The gains per magnification, with their intervals; null where nothing is compared. */
export function gainSection({ baseline, bicubic, compare }: StudySummary): SafeHtml | null {
  const charts = [
    ...gainCharts(baseline?.rows ?? [], `Gain along ${compare?.factor ?? ''}`),
    ...gainCharts(bicubic.rows, 'Gain over bicubic'),
  ];
  if (charts.length === 0) return null;
  return html`<section aria-labelledby="gain">
    <h2 id="gain">Gain per magnification</h2>
    <div class="charts">${charts}</div>
  </section>`;
}

/**
 * Every table but the confusion matrices, which have charts with their numbers. Beside a comparison of the
 * study's own, that with bicubic is to be opened. Null where there is none.
 */
export function tablesSection(summary: StudySummary): SafeHtml | null {
  const tables = studyTables({ ...summary, notes: [] }).filter(
    ({ id }) => !id.startsWith('confusion'),
  );
  if (tables.length === 0) return null;
  const compares = tables.some(({ id }) => id === 'comparison');
  return html`<section aria-labelledby="tables">
    <h2 id="tables">Tables</h2>
    <p>
      The best of a column is bold, the second underlined. The same tables are in the folder
      <code>report</code> as Markdown, CSV and LaTeX.
    </p>
    ${tables.map((table) =>
      compares && table.id === 'bicubic'
        ? html`<details>
            <summary>${table.title}</summary>
            ${tableFigure(table)}
          </details>`
        : tableFigure(table),
    )}
  </section>`;
}

/** Null where no cell has a branch. */
export function confusionSection({ blocks }: StudySummary): SafeHtml | null {
  const charts = blocks
    .flatMap(({ variants }) => variants)
    .flatMap(({ name, confusion }) =>
      confusion === null ? [] : [confusionChart(name, confusion)],
    );
  if (charts.length === 0) return null;
  return html`<section aria-labelledby="confusion-matrix">
    <h2 id="confusion-matrix">What the branch takes the magnifications for</h2>
    <p>
      Test images of all seeds together: rows are what an image is, columns what the branch says.
    </p>
    <div class="charts small">${charts}</div>
  </section>`;
}

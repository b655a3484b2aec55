import { curveCharts, type NamedChart } from '../charts/curve-chart.js';
import type { RunEvidence } from '../evidence/run-evidence.js';
import { html, type SafeHtml } from './safe-html.js';
import { TASK_GRADIENTS } from './tasks-section.js';

/** Losses and what validation found over all images stand open, the rest is to be opened. */
export function curvesSection(runs: readonly RunEvidence[]): SafeHtml | null {
  const charts = curveCharts(runs, (name) => !name.startsWith(TASK_GRADIENTS));
  if (charts.length === 0) return null;
  const isMain = ({ name }: NamedChart) =>
    name !== 'learningRate' && (!name.includes('.') || /^validation\.[^.]+$/.test(name));
  const figures = (chosen: readonly NamedChart[]) =>
    html`<div class="charts">${chosen.map(({ figure }) => figure)}</div>`;
  const others = charts.filter((chart) => !isMain(chart));
  return html`<section aria-labelledby="curves">
    <h2 id="curves">Training</h2>
    ${figures(charts.filter(isMain))}
    ${
      others.length > 0 &&
      html`<details class="more">
        <summary>By magnification, learning rate and others (${others.length} charts)</summary>
        ${figures(others)}
      </details>`
    }
  </section>`;
}

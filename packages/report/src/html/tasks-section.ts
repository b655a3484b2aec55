import { curveCharts } from '../charts/curve-chart.js';
import type { RunEvidence } from '../evidence/run-evidence.js';
import { mean } from '../statistics/effect-size.js';
import { NONE } from '../tables/table.js';
import { html, type SafeHtml } from './safe-html.js';
import { plainTable } from './table.js';

/** What `training.diagnoseEverySteps` logs begins with this. */
export const TASK_GRADIENTS = 'taskGradients.';
const WHOLE = `${TASK_GRADIENTS}all.`;

/** How the tasks pull at the parameters they share; null where it was not measured. */
export function tasksSection(runs: readonly RunEvidence[]): SafeHtml | null {
  const charts = curveCharts(runs, (name) => name.startsWith(WHOLE));
  if (charts.length === 0) return null;
  return html`<section aria-labelledby="tasks">
    <h2 id="tasks">The tasks on the shared parameters</h2>
    <p>
      The gradient of each task's loss, weight included, on the parameters that all tasks train: its
      norm, and the cosine of the angle between the two. Below 0 a step for one task undoes part of
      the other's.
    </p>
    <div class="charts">${charts.map(({ figure }) => figure)}</div>
    <h3>By stage of the backbone: means over all measurements</h3>
    ${stageTable(runs)}
  </section>`;
}

/** Means over all measurements of all cells of a variant. */
function stageTable(runs: readonly RunEvidence[]): SafeHtml {
  const variants = [...new Set(runs.map(({ variant }) => variant))];
  const rows = variants.flatMap((variant) => {
    const cells = runs.filter((run) => run.variant === variant);
    return stagesOf(cells).map((stage) => {
      const values = (measure: string) => valuesOf(cells, `${TASK_GRADIENTS}${stage}.${measure}`);
      const cosines = values('cosine');
      const against = cosines.filter((cosine) => cosine < 0).length / cosines.length;
      return [
        variant,
        stage,
        format(mean(values('norm.superResolution'))),
        format(mean(values('norm.magnification'))),
        format(mean(cosines)),
        cosines.length === 0 ? NONE : `${Math.round(100 * against)} %`,
      ];
    });
  });
  const header = ['variant', 'stage', 'norm, SR', 'norm, branch', 'cosine', 'cosine below 0'];
  return plainTable('The tasks by stage of the backbone', header, rows);
}

function stagesOf(cells: readonly RunEvidence[]): string[] {
  const names = cells.flatMap(({ curves }) => [...curves.keys()]);
  const stages = names.flatMap((name) => /^taskGradients\.(.+)\.norm\.\w+$/.exec(name)?.[1] ?? []);
  return [...new Set(stages)];
}

function valuesOf(cells: readonly RunEvidence[], name: string): number[] {
  return cells.flatMap(({ curves }) => (curves.get(name) ?? []).map(({ value }) => value));
}

function format(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : NONE;
}

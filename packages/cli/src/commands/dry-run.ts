import { EXIT } from '../exit-codes.js';
import { type CellPlan, planStudy, type PlanOptions } from '../plan-study.js';
import type { LoadedStudy } from '../study.js';
import { formatTable } from '../table.js';

/** `mmsr-run EXP.yaml --dry-run`: what would be done, and about how long. @returns the exit code */
export async function dryRun(
  study: LoadedStudy,
  options: Omit<PlanOptions, 'onMeasure'> & { readonly json: boolean },
): Promise<number> {
  const plans = await planStudy(study, {
    ...options,
    onMeasure: (cell) => process.stderr.write(`${cell}: measuring a few steps\n`),
  });
  const text = options.json
    ? JSON.stringify({ study: study.name, cells: plans }, null, 2)
    : formatPlans(study.name, plans);
  process.stdout.write(`${text}\n`);
  return EXIT.done;
}

function formatPlans(study: string, plans: readonly CellPlan[]): string {
  const rows = plans.map(({ cell, state, stepsLeft, stepSeconds, seconds }) => [
    cell,
    state,
    String(stepsLeft),
    stepSeconds?.toPrecision(3) ?? '-',
    seconds === 0 ? '-' : formatDuration(seconds),
  ]);
  const header = ['cell', 'state', 'steps left', 's per step', 'estimate'];
  const table = formatTable(header, rows, ['left', 'left']);
  const stale = plans.filter(({ changed }) => changed.length > 0);
  const differences = stale.map(({ cell, changed }) => `${cell} is stale: ${changed.join('; ')}`);
  return [table, ...differences, formatSum(study, plans)].join('\n\n');
}

function formatSum(study: string, plans: readonly CellPlan[]): string {
  const count = (state: CellPlan['state']) => plans.filter((plan) => plan.state === state).length;
  const seconds = plans.reduce((sum, plan) => sum + plan.seconds, 0);
  const stale = count('stale') === 0 ? '' : `, ${count('stale')} stale`;
  const time = seconds === 0 ? '' : `; about ${formatDuration(seconds)}, one cell after the other`;
  return `${study}: ${plans.length} cells, ${count('done')} done, ${count('to do')} to do${stale}${time}`;
}

/** Such as `40 s`, `12 min`, `3.5 h`, `2.1 days`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} days`;
}

import * as Plot from '@observablehq/plot';
import { thinned, type CurvePoint } from '../evidence/read-curves.js';
import type { RunEvidence } from '../evidence/run-evidence.js';
import { plainTable } from '../html/table.js';
import type { SafeHtml } from '../html/safe-html.js';
import { NONE } from '../tables/table.js';
import { chartFigure, dashOf } from './figure.js';
import { drawSvg, seriesColor } from './svg.js';

/** Of each line: more are not seen, and 18 cells of 20 values stay small. */
const MOST_POINTS = 150;
const TABLE_STEPS = 8;
/** Values that span more than this factor are drawn on a logarithmic axis. */
const LOG_RANGE = 30;

interface Line {
  readonly cell: string;
  readonly variant: number;
  readonly points: readonly CurvePoint[];
}

export interface NamedChart {
  readonly name: string;
  readonly figure: SafeHtml;
}

/**
 * One chart for each wanted value that the cells logged, a line for each cell, a colour for each variant. What
 * bicubic interpolation reaches in validation never changes: it is a line in the chart of the metric.
 */
export function curveCharts(
  runs: readonly RunEvidence[],
  isWanted: (name: string) => boolean,
): NamedChart[] {
  const variants = [...new Set(runs.map(({ variant }) => variant))];
  const names = [...new Set(runs.flatMap(({ curves }) => [...curves.keys()]))];
  return names
    .filter((name) => isWanted(name) && !names.some((metric) => bicubicName(metric) === name))
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map((name) => {
      const lines = runs.flatMap(({ state, variant, curves }): Line[] => {
        const points = curves.get(name);
        return points === undefined
          ? []
          : [{ cell: state.cell, variant: variants.indexOf(variant), points }];
      });
      const reference = runs.map(
        ({ curves }) => curves.get(bicubicName(name) ?? '')?.at(-1)?.value,
      );
      const bicubic = reference.find((value) => value !== undefined);
      return { name, figure: curveChart({ name, lines, variants, bicubic }) };
    });
}

/** `validation.bicubicPsnrDb` of `validation.psnrDb`; undefined where none can belong to it. */
function bicubicName(metric: string): string | undefined {
  const [, before, name] = /^(.+\.)?(psnrDb|ssim)$/.exec(metric) ?? [];
  if (before === undefined || name === undefined) return undefined;
  return `${before}bicubic${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** The loss first, then its terms, then what validation found, over all images first. */
function placeOf(name: string): number {
  if (name === 'loss') return 0;
  if (name === 'learningRate') return 5;
  if (!name.includes('.')) return 1;
  if (/^validation\.[^.]+$/.test(name)) return 2;
  return name.startsWith('validation.') ? 3 : 4;
}

interface CurveChart {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly variants: readonly string[];
  /** What bicubic interpolation reaches, where it is known. */
  readonly bicubic: number | undefined;
}

function curveChart({ name, lines, variants, bicubic }: CurveChart): SafeHtml {
  const reference = bicubic === undefined ? '' : ` Bicubic: ${format(bicubic)}.`;
  const last = lines.map(({ cell, points }) => `${cell} ${format(points.at(-1)?.value)}`);
  return chartFigure({
    title: `${name} by step`,
    summary: `A line for each cell. Last values: ${last.join('; ')}.${reference}`,
    svg: draw(lines, variants.length, bicubic),
    legend: variants,
    data: dataTable(name, lines),
  });
}

function draw(lines: readonly Line[], variants: number, bicubic: number | undefined): SafeHtml {
  const points = lines.flatMap(({ cell, variant, points }) =>
    thinned(points, MOST_POINTS).map((point) => ({ ...point, cell, variant: String(variant) })),
  );
  const references = bicubic === undefined ? [] : [bicubic];
  const values = [...points.map(({ value }) => value), ...references];
  const least = Math.min(...values);
  const logarithmic = least > 0 && Math.max(...values) / least > LOG_RANGE;
  const domain = Array.from({ length: variants }, (_, index) => String(index));
  const dashed = (index: number) => dashOf(index) !== undefined;
  const line = (chosen: typeof points, dash?: string) =>
    Plot.line(chosen, {
      x: 'step',
      y: 'value',
      z: 'cell',
      stroke: 'variant',
      strokeWidth: 1.8,
      strokeOpacity: 0.85,
      ...(dash !== undefined && { strokeDasharray: dash }),
    });
  const single = new Set(lines.flatMap(({ cell, points }) => (points.length === 1 ? [cell] : [])));
  return drawSvg({
    width: 460,
    height: 230,
    marginLeft: 56,
    marginBottom: 36,
    x: { label: 'step', ticks: 5 },
    y: {
      label: null,
      grid: true,
      ticks: 5,
      ...(logarithmic ? { type: 'log' as const } : { nice: true }),
      tickFormat: (value: number) => format(value),
    },
    color: { type: 'ordinal', domain, range: domain.map((_, index) => seriesColor(index)) },
    marks: [
      Plot.ruleY(references, { stroke: 'var(--ink)', strokeDasharray: '2 4' }),
      Plot.text(references, {
        y: (value: number) => value,
        text: () => 'bicubic',
        frameAnchor: 'right',
        textAnchor: 'end',
        dy: -7,
        fill: 'var(--ink)',
      }),
      line(points.filter(({ variant }) => !dashed(Number(variant)))),
      line(
        points.filter(({ variant }) => dashed(Number(variant))),
        dashOf(variants - 1),
      ),
      Plot.dot(
        points.filter(({ cell }) => single.has(cell)),
        { x: 'step', y: 'value', fill: 'variant', r: 3 },
      ),
    ],
  });
}

function dataTable(name: string, lines: readonly Line[]): SafeHtml {
  const steps = tableSteps(lines);
  return plainTable(
    `Data: ${name} by step`,
    ['cell', ...steps.map((step) => `step ${step.toLocaleString('en')}`)],
    lines.map(({ cell, points }) => {
      const byStep = new Map(points.map(({ step, value }) => [step, value]));
      return [cell, ...steps.map((step) => format(byStep.get(step)))];
    }),
  );
}

/** Some of the steps, evenly, with the first and the last. */
function tableSteps(lines: readonly Line[]): number[] {
  const all = [...new Set(lines.flatMap(({ points }) => points.map(({ step }) => step)))];
  const sorted = all.sort((a, b) => a - b);
  const count = Math.min(TABLE_STEPS, sorted.length);
  const at = (i: number) => Math.round((i * (sorted.length - 1)) / Math.max(1, count - 1));
  return Array.from({ length: count }, (_, i) => sorted[at(i)] as number);
}

function format(value: number | undefined): string {
  if (value === undefined) return NONE;
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e5 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

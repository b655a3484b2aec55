import * as Plot from '@observablehq/plot';
import { METRIC_NAMES, METRICS, type Metric } from '../statistics/pair-images.js';
import type { ComparisonRow } from '../statistics/compare.js';
import { plainTable } from '../html/table.js';
import type { SafeHtml } from '../html/safe-html.js';
import { intervalText } from '../tables/comparison-table.js';
import { magnificationLabel, NONE, signed } from '../tables/table.js';
import { chartFigure } from './figure.js';
import { drawSvg, seriesColor, shortLabel } from './svg.js';

interface GainPoint {
  readonly label: string;
  readonly series: string;
  readonly row: ComparisonRow;
}

/** Gain per magnification with its interval, a chart for each metric that was measured. */
export function gainCharts(rows: readonly ComparisonRow[], title: string): SafeHtml[] {
  return METRICS.flatMap((metric) => {
    const chosen = rows.filter((row) => row.metric === metric);
    return chosen.length === 0 ? [] : [gainChart(chosen, metric, title)];
  });
}

function gainChart(rows: readonly ComparisonRow[], metric: Metric, title: string): SafeHtml {
  const { name, unit, digits } = METRIC_NAMES[metric];
  const cells = [...new Set(rows.map(({ cell }) => cell))];
  const label = `${title}: ${name}${unit}`;
  const difference = ({ difference }: ComparisonRow) => `${signed(difference, digits)}${unit}`;
  return chartFigure({
    title: label,
    summary: `Dots with 95 % intervals. ${rows.map((row) => `${row.cell} at ${magnificationLabel(row.magnification)}: ${difference(row)}`).join('; ')}.`,
    svg: draw(rows, cells, `${name} difference${unit === '' ? '' : ` /${unit}`}`),
    data: plainTable(
      `Data: ${label}`,
      ['cell', 'compared with', 'magnification', 'difference', '95 % CI'],
      rows.map((row) => [
        row.cell,
        row.baseline,
        magnificationLabel(row.magnification),
        difference(row),
        row.interval === null ? NONE : intervalText(row.interval, digits),
      ]),
    ),
  });
}

function draw(rows: readonly ComparisonRow[], cells: readonly string[], axis: string): SafeHtml {
  const points = rows.map((row): GainPoint => {
    const index = cells.indexOf(row.cell);
    return { label: magnificationLabel(row.magnification), series: String(index), row };
  });
  const facets = [...new Set(points.map(({ label }) => label))];
  const several = cells.length > 1;
  const names = cells.map((cell) => shortLabel(cell, 44));
  return drawSvg({
    width: 460,
    height: 50 + facets.length * (cells.length * (several ? 27 : 20) + 14),
    marginLeft: 26,
    marginRight: 40,
    insetTop: several ? 8 : 0,
    marginBottom: 36,
    x: {
      label: axis,
      grid: true,
      ticks: 5,
      nice: true,
      zero: true,
      tickFormat: (value: number) => signed(value, decimals(rows)),
    },
    y: { domain: cells.map((_, index) => String(index)), axis: null },
    fy: { domain: facets, axis: 'right', label: null, padding: 0.15 },
    color: {
      type: 'ordinal',
      domain: cells.map((_, index) => String(index)),
      range: cells.map((_, index) => seriesColor(index)),
    },
    marks: marksOf(points, several ? names : []),
  });
}

/** Intervals, differences and, where there are several, names. */
function marksOf(points: readonly GainPoint[], names: readonly string[]): Plot.Markish[] {
  return [
    Plot.frame({ stroke: 'var(--line)' }),
    Plot.ruleX([0], { stroke: 'var(--ink)', strokeOpacity: 0.6 }),
    Plot.ruleY(
      points.filter(({ row }) => row.interval !== null),
      {
        fy: 'label',
        y: 'series',
        x1: ({ row }: GainPoint) => row.interval?.low,
        x2: ({ row }: GainPoint) => row.interval?.high,
        stroke: 'series',
        strokeWidth: 2.5,
      },
    ),
    Plot.dot(points, {
      fy: 'label',
      y: 'series',
      x: ({ row }: GainPoint) => row.difference,
      fill: 'series',
      stroke: 'var(--paper)',
      r: 5,
    }),
    // Names stand above their lines, not beside them: so a chart is as narrow as a phone.
    Plot.text(names.length > 0 ? points : [], {
      fy: 'label',
      y: 'series',
      text: ({ series }: GainPoint) => names[Number(series)] ?? '',
      frameAnchor: 'left',
      dx: 4,
      dy: -11,
      fill: 'var(--ink)',
      stroke: 'var(--paper)',
      strokeWidth: 3,
    }),
  ];
}

/** As many as the axis needs to tell its ticks apart. */
function decimals(rows: readonly ComparisonRow[]): number {
  const ends = rows.flatMap(({ difference, interval }) => [
    difference,
    interval?.low ?? 0,
    interval?.high ?? 0,
  ]);
  const range = Math.max(0, ...ends) - Math.min(0, ...ends);
  return range === 0 ? 1 : Math.min(6, Math.max(0, Math.ceil(1 - Math.log10(range))));
}

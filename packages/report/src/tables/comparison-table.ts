import type { ComparisonRow } from '../statistics/compare.js';
import type { Interval } from '../statistics/bootstrap.js';
import { METRIC_NAMES } from '../statistics/pair-images.js';
import type { Comparison, StudySummary } from '../study/study-summary.js';
import { protocolText } from './protocol-text.js';
import {
  formatP,
  magnificationLabel,
  NONE,
  numberCell,
  signed,
  textCell,
  type Column,
  type Table,
  type TableCell,
} from './table.js';

const right = (header: string, ...fields: string[]): Column => ({ header, align: 'right', fields });
const left = (header: string, field: string): Column => ({
  header,
  align: 'left',
  fields: [field],
});

const COLUMNS: readonly Column[] = [
  left('cell', 'cell'),
  left('compared with', 'compared_with'),
  left('metric', 'metric'),
  left('magnification', 'magnification'),
  right('difference', 'difference'),
  right('95 % CI', 'ci_low', 'ci_high'),
  right('p', 'p'),
  right('Holm p', 'holm_p'),
  { header: 'family (m)', align: 'left', fields: ['family', 'family_tests'] },
  right('rank biserial', 'rank_biserial'),
  right('dz', 'cohens_dz'),
  right('groups', 'groups'),
  right('seeds', 'seeds'),
];

/** Tables of comparisons: along the study's factor, where it has one, and with bicubic. */
export function comparisonTables(summary: StudySummary): Table[] {
  const { baseline, bicubic, compare } = summary;
  const factor = compare?.factor ?? '';
  return [
    ...(baseline === null
      ? []
      : [toTable('comparison', `Compared along ${factor}`, baseline, summary)]),
    toTable('bicubic', 'Compared with bicubic interpolation', bicubic, summary),
  ];
}

function toTable(id: string, title: string, comparison: Comparison, summary: StudySummary): Table {
  const { resamples, bootstrapSeed } = summary.statistics;
  const measured = summary.blocks.map(protocolText).join(' | ');
  return {
    id,
    title,
    protocol:
      `Paired differences over the same test images, mean over images and seeds. CI: bootstrap of seeds and of ` +
      `groups (slides or patients) within them, ${resamples} resamples, seed ${bootstrapSeed}, ` +
      `percentiles stretched by Student over normal. p: Wilcoxon signed-rank on group means, two-sided; ` +
      `Holm p: over the m tests of its family, which is one metric over all images or by magnification. ${measured}`,
    columns: COLUMNS,
    rows: comparison.rows.map(toRow),
    warnings: comparison.warnings,
  };
}

function toRow(row: ComparisonRow): TableCell[] {
  const { name, unit, digits } = METRIC_NAMES[row.metric];
  const { interval, seeds, family } = row;
  return [
    textCell(row.cell),
    textCell(row.baseline),
    { text: `${name}${unit}`, values: [row.metric] },
    { text: magnificationLabel(row.magnification), values: [row.magnification] },
    numberCell(row.difference, (value) => signed(value, digits)),
    {
      text: interval === null ? NONE : intervalText(interval, digits),
      values: [interval?.low ?? null, interval?.high ?? null],
    },
    numberCell(row.pValue, formatP),
    numberCell(row.adjustedPValue, formatP),
    { text: `${family.name} (${family.tests})`, values: [family.name, family.tests] },
    numberCell(row.rankBiserial, (value) => signed(value, 2)),
    numberCell(row.cohensDz, (value) => signed(value, 2)),
    numberCell(row.groups, String),
    numberCell(seeds.length, String),
  ];
}

/** Such as `+0.010 to +0.050`. */
export function intervalText({ low, high }: Interval, digits: number): string {
  return `${signed(low, digits)} to ${signed(high, digits)}`;
}

import type { StudySummary, SummaryBlock } from '../study/study-summary.js';
import type { Spread, VariantMetrics, VariantSummary } from '../study/variants.js';
import { blockEnding, protocolText } from './protocol-text.js';
import {
  magnificationLabel,
  markBest,
  NONE,
  numberCell,
  textCell,
  type Column,
  type Table,
  type TableCell,
} from './table.js';

const LEADING_COLUMNS: readonly Column[] = [
  { header: 'cell', align: 'left', fields: ['cell'] },
  { header: 'seeds', align: 'right', fields: ['seeds'] },
  { header: 'parameters', align: 'right', fields: ['parameters'] },
];

/** The main tables, one for each way of measuring: cells and bicubic by magnification. */
export function resultsTables({ blocks, notes }: StudySummary): Table[] {
  return blocks.map((block, index) => ({
    ...resultsTable(block, blockEnding(index, blocks.length)),
    warnings: notes,
  }));
}

function resultsTable(block: SummaryBlock, ending: string): Omit<Table, 'warnings'> {
  const keys = magnificationKeys(block.variants);
  const metrics = keys.flatMap((key) => metricColumns(key));
  const columns = [...LEADING_COLUMNS, ...metrics, spreadColumn('accuracy %', 'accuracy')];
  const rows = [
    bicubicRow(block.variants, keys),
    ...block.variants.map((v) => variantRow(v, keys)),
  ];
  const ranked = columns.flatMap((_, i) => (i < LEADING_COLUMNS.length ? [] : [i]));
  return {
    id: `results${ending}`,
    title: 'Results: mean over the test images, mean ± standard deviation over seeds',
    protocol: protocolText(block),
    columns,
    rows: markBest(rows, ranked),
  };
}

/** Descending, then all where there are several. */
export function magnificationKeys(variants: readonly VariantSummary[]): string[] {
  const found = new Set(variants.flatMap(({ metrics }) => Object.keys(metrics)));
  const numbers = [...found].filter((key) => key !== 'all').sort((a, b) => Number(b) - Number(a));
  return numbers.length > 1 ? [...numbers, 'all'] : numbers;
}

function metricColumns(key: string): Column[] {
  const label = magnificationLabel(key);
  return [
    spreadColumn(`PSNR dB ${label}`, `psnrDb_${label}`),
    spreadColumn(`SSIM ${label}`, `ssim_${label}`),
  ];
}

function spreadColumn(header: string, field: string): Column {
  return { header, align: 'right', fields: [field, `${field}_sd`] };
}

function variantRow(variant: VariantSummary, keys: readonly string[]): TableCell[] {
  const { name, seeds, parameters, metrics } = variant;
  return [
    textCell(name),
    numberCell(seeds.length, String),
    numberCell(parameters.total, (count) => count.toLocaleString('en')),
    ...keys.flatMap((key) => metricCells(metrics[key])),
    spreadCell(metrics.all?.accuracy ?? null, 1, 100),
  ];
}

/** Bicubic of the variant with most seeds: where seeds share their test images it is the same for all. */
function bicubicRow(variants: readonly VariantSummary[], keys: readonly string[]): TableCell[] {
  const most = Math.max(...variants.map(({ seeds }) => seeds.length));
  const of = variants.find(({ seeds }) => seeds.length === most);
  return [
    textCell('bicubic'),
    numberCell(null, String),
    numberCell(null, String),
    ...keys.flatMap((key) => metricCells(bicubicOf(of?.metrics[key]))),
    spreadCell(null, 1),
  ];
}

/** Bicubic learns nothing from a seed: it varies only where seeds have other test images. */
function bicubicOf(metrics: VariantMetrics | undefined): Pick<VariantMetrics, 'psnrDb' | 'ssim'> {
  const still = (spread: Spread | null = null) =>
    spread === null || (spread.sd ?? 0) > 1e-12 ? spread : { ...spread, sd: null };
  return { psnrDb: still(metrics?.bicubic.psnrDb), ssim: still(metrics?.bicubic.ssim) };
}

function metricCells(metrics: Pick<VariantMetrics, 'psnrDb' | 'ssim'> | undefined): TableCell[] {
  return [spreadCell(metrics?.psnrDb ?? null, 2), spreadCell(metrics?.ssim ?? null, 4)];
}

function spreadCell(spread: Spread | null, digits: number, factor = 1): TableCell {
  if (spread === null) return { text: NONE, values: [null, null] };
  const { mean, sd } = spread;
  const text = (value: number) => (factor * value).toFixed(digits);
  return { text: sd === null ? text(mean) : `${text(mean)} ± ${text(sd)}`, values: [mean, sd] };
}

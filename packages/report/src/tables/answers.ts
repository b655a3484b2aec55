import type { ComparisonRow } from '../statistics/compare.js';
import { isOverall, PRIMARY } from '../statistics/families.js';
import { METRIC_NAMES } from '../statistics/pair-images.js';
import type { StudySummary } from '../study/study-summary.js';
import { intervalText } from './comparison-table.js';
import { formatP, magnificationLabel, plainLine, signed } from './table.js';

const LEVEL = 0.05;

/** What the study found, in a few sentences: a comparison each, over all images, the primary metric first. */
export function answers(summary: StudySummary): string[] {
  const { baseline, compare } = summary;
  if (compare === null || baseline === null) {
    return overallRows(summary).map((row) => bicubicSentence(row));
  }
  if (baseline.rows.length === 0) {
    return [`Nothing can be compared along ${plainLine(compare.factor)} yet.`];
  }
  const branch = compare.factor === 'model.head' && compare.baseline === null;
  return overallRows(summary).map((row) => baselineSentence(row, branch));
}

/** The rows that `answers` is about, in its order: of the primary family, then others. */
export function overallRows({ baseline, bicubic, compare }: StudySummary): ComparisonRow[] {
  const { rows } = compare === null || baseline === null ? bicubic : baseline;
  const overall = rows.filter((row) => isOverall(row, rows));
  return [...overall.filter(isPrimary), ...overall.filter((row) => !isPrimary(row))];
}

function isPrimary({ family }: ComparisonRow): boolean {
  return family.name === PRIMARY;
}

function rankOf(row: ComparisonRow): string {
  return isPrimary(row) ? '' : 'Secondary: ';
}

function baselineSentence(row: ComparisonRow, branch: boolean): string {
  const [cell, baseline] = [plainLine(row.cell), plainLine(row.baseline)];
  const subject = branch
    ? `The branch (${cell} instead of ${baseline})`
    : `${cell} instead of ${baseline}`;
  return `${rankOf(row)}${subject} changed ${measured(row)}: ${verdict(row)}.`;
}

function bicubicSentence(row: ComparisonRow): string {
  return `${rankOf(row)}${plainLine(row.cell)} instead of bicubic changed ${measured(row)}: ${verdict(row)}.`;
}

/** Such as `PSNR by +0.030 dB (95 % CI +0.010 to +0.050, 12 groups, 3 seeds; Holm p = 0.012 over 3 tests)`. */
function measured(row: ComparisonRow): string {
  const { name, unit, digits } = METRIC_NAMES[row.metric];
  const { interval, adjustedPValue, magnification, family } = row;
  const at = magnification === 'all' ? '' : ` at ${magnificationLabel(magnification)}`;
  const ci = interval === null ? 'no CI' : `95 % CI ${intervalText(interval, digits)}`;
  const p =
    adjustedPValue === null
      ? 'no test'
      : `Holm p ${equals(formatP(adjustedPValue))} over ${counted(family.tests, 'test')}`;
  const over = `${counted(row.groups, 'group')}, ${counted(row.seeds.length, 'seed')}`;
  return `${name}${at} by ${signed(row.difference, digits)}${unit} (${ci}, ${over}; ${p})`;
}

function equals(p: string): string {
  return p.startsWith('<') ? `< ${p.slice(1)}` : `= ${p}`;
}

/** Such as `1 seed`, `2 seeds`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Interval and test must agree before anything is claimed. */
export function verdict({ interval, adjustedPValue }: ComparisonRow): string {
  const sure = adjustedPValue !== null && adjustedPValue < LEVEL;
  if (!sure || interval === null) return 'not shown to be more than chance';
  if (interval.low > 0) return 'better';
  return interval.high < 0 ? 'worse' : 'not shown to be more than chance';
}

import type { StudySummary } from '../study/study-summary.js';
import { comparisonTables } from './comparison-table.js';
import { confusionTables } from './confusion-table.js';
import { resultsTables } from './results-table.js';
import type { Table } from './table.js';

/** Every table of a study, the most asked for first. */
export function studyTables(summary: StudySummary): Table[] {
  return [
    ...resultsTables(summary),
    ...comparisonTables(summary),
    ...confusionTables(summary),
  ].filter(({ rows }) => rows.length > 0);
}

import type { ConfusionMatrix } from '@mmsr/core';
import type { StudySummary } from '../study/study-summary.js';
import { magnificationLabel, numberCell, textCell, type Table, type TableCell } from './table.js';

/** What the branch took each magnification for: one table for all variants with a branch that share its classes. */
export function confusionTables({ blocks }: StudySummary): Table[] {
  const byClasses = new Map<string, { predicted: readonly number[]; rows: TableCell[][] }>();
  for (const { name, confusion } of blocks.flatMap(({ variants }) => variants)) {
    if (confusion === null) continue;
    const { predicted } = confusion;
    const key = predicted.join(' ');
    const table = byClasses.get(key) ?? { predicted, rows: [] };
    table.rows.push(...confusionRows(name, confusion));
    byClasses.set(key, table);
  }
  return [...byClasses.values()].map(({ predicted, rows }, index) => ({
    id: byClasses.size < 2 ? 'confusion' : `confusion-${index + 1}`,
    title: 'Magnifications as the branch names them',
    protocol:
      'Test images of all seeds. Rows: the magnification of an image; columns: what the branch takes it for. ' +
      'Magnifications that it was not trained on have no column of their own',
    columns: [
      { header: 'cell', align: 'left', fields: ['cell'] },
      { header: 'magnification', align: 'right', fields: ['magnification'] },
      ...predicted.map((magnification) => {
        const label = magnificationLabel(magnification);
        return {
          header: `taken for ${label}`,
          align: 'right' as const,
          fields: [`taken_for_${label}`],
        };
      }),
    ],
    rows,
    warnings: [],
  }));
}

function confusionRows(name: string, { actual, counts }: ConfusionMatrix): TableCell[][] {
  return actual.map((magnification, i) => [
    textCell(name),
    { text: magnificationLabel(magnification), values: [magnification] },
    ...(counts[i] ?? []).map((count) => numberCell(count, String)),
  ]);
}

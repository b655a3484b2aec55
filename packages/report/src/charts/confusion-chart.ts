import * as Plot from '@observablehq/plot';
import type { ConfusionMatrix } from '@mmsr/core';
import { plainTable } from '../html/table.js';
import type { SafeHtml } from '../html/safe-html.js';
import { magnificationLabel } from '../tables/table.js';
import { chartFigure } from './figure.js';
import { drawSvg } from './svg.js';

interface Entry {
  readonly actual: string;
  readonly predicted: string;
  readonly count: number;
  /** Of the images of this magnification, 0..1. */
  readonly share: number;
}

/** What a branch took each magnification for. */
export function confusionChart(name: string, confusion: ConfusionMatrix): SafeHtml {
  const entries = entriesOf(confusion);
  const [actual, predicted] = [confusion.actual, confusion.predicted].map((values) =>
    values.map(magnificationLabel),
  ) as [string[], string[]];
  return chartFigure({
    title: `Confusion matrix of ${name}`,
    summary: `${entries.map((entry) => `${entry.actual} taken for ${entry.predicted}: ${entry.count}`).join('; ')}.`,
    svg: draw(entries, actual, predicted),
    data: plainTable(
      `Data: confusion matrix of ${name}`,
      ['magnification', ...predicted.map((label) => `taken for ${label}`)],
      confusion.actual.map((magnification, row) => [
        magnificationLabel(magnification),
        ...(confusion.counts[row] ?? []),
      ]),
    ),
  });
}

function entriesOf({ actual, predicted, counts }: ConfusionMatrix): Entry[] {
  return actual.flatMap((magnification, row) => {
    const inRow = counts[row] ?? [];
    const sum = inRow.reduce((total, count) => total + count, 0);
    return predicted.map((other, column): Entry => {
      const count = inRow[column] ?? 0;
      return {
        actual: magnificationLabel(magnification),
        predicted: magnificationLabel(other),
        count,
        share: sum === 0 ? 0 : count / sum,
      };
    });
  });
}

function draw(entries: readonly Entry[], actual: string[], predicted: string[]): SafeHtml {
  return drawSvg({
    width: 120 + predicted.length * 76,
    height: 76 + actual.length * 46,
    marginLeft: 64,
    marginTop: 44,
    marginBottom: 8,
    x: { domain: predicted, axis: 'top', label: 'taken for', tickSize: 0 },
    y: { domain: actual, label: null, tickSize: 0 },
    opacity: { domain: [0, 1], range: [0, 0.55] },
    marks: [
      Plot.cell(entries, {
        x: 'predicted',
        y: 'actual',
        fill: 'var(--accent)',
        fillOpacity: 'share',
        stroke: 'var(--line)',
        inset: 1,
      }),
      Plot.text(entries, {
        x: 'predicted',
        y: 'actual',
        fontSize: 13,
        text: ({ count, share }: Entry) => `${count}\n${(100 * share).toFixed(0)} %`,
        fill: 'var(--ink)',
      }),
    ],
  });
}

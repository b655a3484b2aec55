import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

/** The values of a run by their name, each by step. */
export type Curves = ReadonlyMap<string, readonly CurvePoint[]>;

/**
 * Reads what a run logged. A step that was done again, after a stop between checkpoints, counts as the last
 * time. Lines that are not events, such as one that a crash cut off, are left out.
 */
export async function readCurves(directory: string): Promise<Curves> {
  const bySeries = new Map<string, Map<number, number>>();
  for await (const line of linesOf(join(directory, 'events.jsonl'))) {
    if (!line.includes('"metrics"')) continue;
    const { step, values } = metricsIn(line);
    for (const [name, value] of values) {
      const series = bySeries.get(name) ?? new Map<number, number>();
      series.set(step, value);
      bySeries.set(name, series);
    }
  }
  return new Map([...bySeries].map(([name, series]) => [name, inOrder(series)]));
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  } catch {
    // A run that logged nothing has no curves.
  }
}

function metricsIn(line: string): { step: number; values: [string, number][] } {
  const none = { step: 0, values: [] };
  try {
    const event = JSON.parse(line) as Record<string, unknown> | null;
    if (event?.type !== 'metrics' || !Number.isFinite(event.step)) return none;
    const values = Object.entries((event.values ?? {}) as Record<string, unknown>);
    const finite = values.filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
    return { step: event.step as number, values: finite };
  } catch {
    return none;
  }
}

function inOrder(series: ReadonlyMap<number, number>): CurvePoint[] {
  return [...series].map(([step, value]) => ({ step, value })).sort((a, b) => a.step - b.step);
}

/** At most `count` points: means of neighbours, at their mean step. */
export function thinned(points: readonly CurvePoint[], count: number): CurvePoint[] {
  if (points.length <= count) return [...points];
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return Array.from({ length: count }, (_, bin) => {
    const from = Math.floor((bin * points.length) / count);
    const part = points.slice(from, Math.floor(((bin + 1) * points.length) / count));
    return {
      step: mean(part.map(({ step }) => step)),
      value: mean(part.map(({ value }) => value)),
    };
  });
}

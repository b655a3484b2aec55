import type { DoneCell } from '../study/done-cell.js';
import type { Example } from './read-examples.js';

/** The examples of one variant, from the first of its cells that kept some. */
export interface VariantExamples {
  readonly variant: string;
  readonly cell: DoneCell;
  readonly examples: readonly Example[];
  /** The cell of the same seed that the study compares it with. */
  readonly baseline: DoneCell | undefined;
}

/** Characters that images may take of a page: it stays below 15 MB with all else. */
export const MOST_CHARACTERS = 12_500_000;

/**
 * Takes examples as long as they fit: of each variant the first, then of each the second, so that all are
 * shown alike.
 * @returns them, and how many did not fit
 */
export function fitExamples(
  all: readonly VariantExamples[],
  mostCharacters = MOST_CHARACTERS,
): { shown: VariantExamples[]; leftOut: number } {
  const fitting = new Set<Example>();
  const most = Math.max(0, ...all.map(({ examples }) => examples.length));
  let left = mostCharacters;
  for (let place = 0; place < most; place++) {
    for (const example of all.flatMap(({ examples }) => examples[place] ?? [])) {
      if (example.size > left) continue;
      left -= example.size;
      fitting.add(example);
    }
  }
  const count = all.reduce((sum, { examples }) => sum + examples.length, 0);
  const shown = all.map((one) => ({
    ...one,
    examples: one.examples.filter((example) => fitting.has(example)),
  }));
  return {
    shown: shown.filter(({ examples }) => examples.length > 0),
    leftOut: count - fitting.size,
  };
}

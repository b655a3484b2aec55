import type { Example } from './read-examples.js';

/** The examples of one variant, from the cell of its first seed. */
export interface VariantExamples {
  readonly variant: string;
  readonly cell: string;
  readonly examples: readonly Example[];
}

/** Characters that images may take of a page: it stays below 15 MB with all else. */
export const MOST_CHARACTERS = 9_000_000;

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
    for (const example of all.flatMap(({ examples }) => inTurn(examples)[place] ?? [])) {
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

/** What shows most first: the worst of each magnification, then the best, then the median. */
function inTurn(examples: readonly Example[]): Example[] {
  const order = ['worst', 'best', 'median'];
  return [...examples].sort((a, b) => order.indexOf(a.rank) - order.indexOf(b.rank));
}

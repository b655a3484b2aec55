import { fitExamples, type VariantExamples } from './choose-examples.js';
import type { ExampleRank } from '@mmsr/core';
import type { DoneCell } from '../study/done-cell.js';
import type { Example } from './read-examples.js';

const example = (rank: ExampleRank, magnification: number, size = 10) =>
  ({ rank, size, result: { magnification } }) as Example;
const variant = (name: string, size = 10): VariantExamples => ({
  variant: name,
  cell: { cell: name } as DoneCell,
  baseline: undefined,
  examples: [20, 10].flatMap((m) =>
    (['best', 'median', 'worst'] as const).map((r) => example(r, m, size)),
  ),
});
const named = ({ shown }: ReturnType<typeof fitExamples>) =>
  shown.map(({ variant, examples }) => [
    variant,
    examples.map((e) => `${e.result.magnification} ${e.rank}`),
  ]);

test('all are shown where they fit, in their order', () => {
  const all = [variant('a'), variant('b')];
  expect(fitExamples(all, 120)).toEqual({ shown: all, leftOut: 0 });
});

test('variants share what fits, each from its first on', () => {
  const fitted = fitExamples([variant('a'), variant('b')], 60);
  expect(fitted.leftOut).toBe(6);
  expect(named(fitted)).toEqual([
    ['a', ['20 best', '20 median', '20 worst']],
    ['b', ['20 best', '20 median', '20 worst']],
  ]);
});

test('what is too large is left out, not what comes after it', () => {
  const fitted = fitExamples([variant('large', 1000), variant('a')], 100);
  expect(fitted.leftOut).toBe(6);
  expect(fitted.shown.map(({ variant }) => variant)).toEqual(['a']);
});

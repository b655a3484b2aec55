import type { ImageResult } from '../run/results.js';
import { chooseExamples } from './examples.js';

const image = (magnification: number, psnrDb: number | undefined, rest: object = {}) =>
  ({ magnification, psnrDb, bicubic: { psnrDb: 30 }, ...rest }) as ImageResult;

test('the best, median and worst of each magnification by gain, not by value', () => {
  const gains = [3, 1, 5, 2, 4];
  const results = [
    ...gains.map((gain) => image(10, 40 + gain, { bicubic: { psnrDb: 40 } })),
    ...gains.map((gain, i) => image(20, 30 + gain + 10 * i, { bicubic: { psnrDb: 30 + 10 * i } })),
  ];
  const chosen = chooseExamples(results).map((e) => [e.magnification, e.rank, e.index]);
  expect(chosen).toEqual([
    [20, 'best', 7], [20, 'median', 5], [20, 'worst', 6],
    [10, 'best', 2], [10, 'median', 0], [10, 'worst', 1],
  ]); // prettier-ignore
});

test('two images are best and worst, one is the median, none is none; the first of equals is best', () => {
  expect(chooseExamples([image(20, 31), image(20, 31)])).toEqual([
    { rank: 'best', index: 0, magnification: 20 },
    { rank: 'worst', index: 1, magnification: 20 },
  ]);
  expect(chooseExamples([image(5, 31)])).toEqual([{ rank: 'median', index: 0, magnification: 5 }]);
  expect(chooseExamples([])).toEqual([]);
});

test('without PSNR it is the gain in SSIM; images without a gain are passed over', () => {
  const bySsim = (ssim: number) => image(20, undefined, { ssim, bicubic: { ssim: 0.5 } });
  const ranks = chooseExamples([bySsim(0.6), bySsim(NaN), bySsim(0.7), bySsim(0.4)]);
  expect(ranks.map(({ rank, index }) => [rank, index])).toEqual([
    ['best', 2],
    ['median', 0],
    ['worst', 3],
  ]);
});

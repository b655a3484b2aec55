import { testedCell } from '../testing/tested-cell.js';
import { compare, type ComparisonRow } from './compare.js';
import type { CellPair } from './pair-images.js';
import { belowBicubic, warningsOf } from './warnings.js';

const GROUPS = 8;
const base = (seed = 1, testContent = 'slides') =>
  testedCell('without', {
    seed,
    testContent,
    groups: GROUPS,
    magnifications: [20, 10],
    gainDb: (g) => g,
  });
const better = (seed = 1, testContent = 'slides') =>
  testedCell('with', {
    seed,
    testContent,
    groups: GROUPS,
    magnifications: [20, 10],
    gainDb: (g, _, m) => g + (m === 20 ? 0.1 + 0.01 * g : -0.02 * (g + 1)),
  });
const contrast = (pairs: CellPair[]) => [{ cell: 'with', baseline: 'without', pairs }];
const pick = (rows: ComparisonRow[], metric: string, magnification: number | 'all') =>
  rows.find((row) => row.metric === metric && row.magnification === magnification) as ComparisonRow;

test('slides that are easy or hard cancel out: differences are paired', () => {
  const rows = compare(contrast([{ cell: better(), baseline: base() }]));
  const at20 = pick(rows, 'psnrDb', 20);
  expect(at20.difference).toBeCloseTo(0.135, 12);
  // All 8 of one sign: 2 / 2^8.
  expect(at20.pValue).toBe(2 / 256);
  expect(at20).toMatchObject({
    method: 'exact',
    groups: 8,
    seeds: [1],
    images: 16,
    rankBiserial: 1,
  });
  expect(at20.interval?.low).toBeGreaterThan(0.11);
  expect(at20.interval?.high).toBeLessThan(0.16);
  expect(pick(rows, 'ssim', 20).difference).toBeCloseTo(0.00135, 12);
  expect(pick(rows, 'psnrDb', 10).difference).toBeCloseTo(-0.09, 12);
  expect(pick(rows, 'psnrDb', 'all').difference).toBeCloseTo((0.135 - 0.09) / 2, 12);
});

test('p over all images is adjusted apart from those by magnification, and each metric apart', () => {
  const pairs = [{ cell: better(), baseline: base() }];
  const rows = compare(contrast(pairs), { primary: 'psnrDb', resamples: 100 });
  expect(
    rows.map(({ family, adjustedPValue }) => [family.name, family.tests, adjustedPValue]),
  ).toEqual([
    ['PSNR by magnification', 2, (2 * 2) / 256],
    ['PSNR by magnification', 2, (2 * 2) / 256],
    ['primary', 1, 2 / 256],
    ['SSIM by magnification', 2, (2 * 2) / 256],
    ['SSIM by magnification', 2, (2 * 2) / 256],
    ['SSIM over all', 1, 2 / 256],
  ]);
});

test('bicubic is compared on the images themselves', () => {
  const rows = compare([
    { cell: 'with', baseline: 'bicubic', pairs: [{ cell: better(), baseline: 'bicubic' }] },
  ]);
  expect(pick(rows, 'psnrDb', 20).difference).toBeCloseTo(3.5 + 0.135, 12);
});

test('seeds of the same slides are not more slides; seeds of other slides are', () => {
  const pairs = [1, 2, 3].map((seed) => ({ cell: better(seed), baseline: base(seed) }));
  expect(pick(compare(contrast(pairs)), 'psnrDb', 20)).toMatchObject({
    groups: 8,
    seeds: [1, 2, 3],
  });
  const others = [1, 2, 3].map((seed) => ({
    cell: better(seed, `slides of ${seed}`),
    baseline: base(seed, `slides of ${seed}`),
  }));
  expect(pick(compare(contrast(others)), 'psnrDb', 20).groups).toBe(24);
});

test('cells of other images are refused, saying which', () => {
  const other = { ...base(), images: base().images.slice(1) };
  expect(() => compare(contrast([{ cell: better(), baseline: other }]))).toThrow(
    'was not tested on the images of without; only in with: slide-0@20x-0 (20x)',
  );
  expect(() => compare(contrast([{ cell: better(1, 'a'), baseline: base(1, 'b') }]))).toThrow(
    'ids are the same, the files are not',
  );
  const twice = { ...better(), images: [...better().images, ...better().images] };
  expect(() => compare(contrast([{ cell: twice, baseline: base() }]))).toThrow('image twice');
});

test('values that are not finite are left out on both sides and said', () => {
  const images = better().images.map((image, i) =>
    i === 0 ? { ...image, psnrDb: null as unknown as number } : image,
  );
  const rows = compare(contrast([{ cell: { ...better(), images }, baseline: base() }]));
  const row = pick(rows, 'psnrDb', 20);
  expect(row).toMatchObject({ images: 15, leftOutImages: 1, groups: 8 });
  expect(Number.isFinite(row.interval?.low)).toBe(true);
  expect(warningsOf(rows).join()).toContain('up to 1 in a comparison');
});

const rowsOf = (groups: number, seeds: number, names = ['with'], magnifications = [20]) => {
  const pairs = Array.from({ length: seeds }, (_, i) => ({
    cell: testedCell('with', { groups, magnifications, seed: i, gainDb: (g) => 1 + 0.1 * g }),
    baseline: testedCell('without', { groups, magnifications, seed: i, gainDb: () => 0 }),
  }));
  const contrasts = names.map((cell) => ({ cell, baseline: 'without', pairs }));
  return compare(contrasts, { primary: 'psnrDb', resamples: 100 });
};

test.each([
  [1, 5, 'nothing can be said about other slides'],
  [5, 5, 'cannot give p below 0.063'],
  [8, 1, 'Only 1 seed'],
  [8, 3, 'Only 3 seeds'],
])('%i groups and %i seeds: %s', (groups, seeds, text) => {
  expect(warningsOf(rowsOf(groups, seeds)).join()).toContain(text);
});

test('families in which so few groups can show nothing are named, and only those', () => {
  const backbones = ['rcan', 'edsr', 'swinir'];
  // 8 groups: p is at least 2 / 2^8; three tests of the primary family are 0.023, nine by magnification 0.070.
  expect(warningsOf(rowsOf(8, 5, backbones, [20, 10, 5]))).toEqual([
    expect.stringContaining('for the 9 tests of the family "PSNR by magnification"'),
    expect.stringContaining(
      'for the 9 tests of the family "SSIM by magnification": whatever they show, Holm\'s p cannot fall below 0.070',
    ),
  ]);
  expect(warningsOf(rowsOf(9, 5, backbones, [20, 10, 5]))).toEqual([]);
  expect(warningsOf(rowsOf(6, 5)).join()).toBe('');
  expect(warningsOf(rowsOf(6, 5, ['a', 'b']))[0]).toContain('family "primary"');
});

test('cells that bicubic interpolation beats are named, on the metric that counts', () => {
  const contrastOf = (name: string, gain: number) => ({
    cell: name,
    baseline: 'bicubic',
    pairs: [
      {
        cell: testedCell(name, { groups: 8, gainDb: () => gain }),
        baseline: testedCell('bicubic', { groups: 8, gainDb: () => 0 }),
      },
    ],
  });
  const trained = contrastOf('trained', 0.2);
  const contrasts = [trained, contrastOf('hasty', -12.5), contrastOf('worse', -0.25)];
  const belowIn = (some: typeof contrasts) =>
    belowBicubic(compare(some, { resamples: 100 }), 'psnrDb');
  expect(belowIn(contrasts)).toEqual([
    expect.stringMatching(
      /^Bicubic interpolation is better than hasty, worse, by up to 12\.500 dB of PSNR:/,
    ),
  ]);
  expect(belowIn([trained])).toEqual([]);
});

test('enough groups and seeds: no warning; one group: no interval', () => {
  expect(warningsOf(rowsOf(12, 5))).toEqual([]);
  expect(rowsOf(1, 1)[0]).toMatchObject({ interval: null, cohensDz: null, pValue: 1 });
});

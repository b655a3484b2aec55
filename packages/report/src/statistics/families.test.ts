import { adjust, isOverall, PRIMARY, type FamilyMember } from './families.js';

const member = (
  cell: string,
  metric: FamilyMember['metric'],
  magnification: FamilyMember['magnification'],
  pValue: number | null,
): FamilyMember => ({ cell, baseline: 'without', metric, magnification, pValue });

const ROWS = [
  member('rcan', 'psnrDb', 20, 0.005),
  member('rcan', 'psnrDb', 10, 0.02),
  member('rcan', 'psnrDb', 'all', 0.04),
  member('rcan', 'ssim', 20, 0.5),
  member('rcan', 'ssim', 10, 0.001),
  member('rcan', 'ssim', 'all', 0.03),
  member('edsr', 'psnrDb', 20, 0.01),
  member('edsr', 'psnrDb', 10, null),
  member('edsr', 'psnrDb', 'all', 0.01),
  // Tested at one magnification only: that is all of its images.
  member('swinir', 'psnrDb', 20, 0.03),
];

test('families: each metric over all images and by magnification, the primary metric over all is primary', () => {
  const adjusted = adjust(ROWS, 'psnrDb');
  const of = (name: string) =>
    adjusted.filter(({ family }) => family.name === name).map((row) => row.adjustedPValue);
  // 0.01 * 3; 0.03 * 2; 0.04 * 1, but no less than the one before.
  expect(of(PRIMARY)).toEqual([0.06, 0.03, 0.06]);
  // 0.005 * 3; 0.01 * 2; 0.02 * 1. The one without a test does not count.
  expect(of('PSNR by magnification')).toEqual([0.015, 0.02, 0.02, null]);
  expect(of('SSIM by magnification')).toEqual([0.5, 0.002]);
  expect(of('SSIM over all')).toEqual([0.03]);
  const tests = new Map(adjusted.map(({ family }) => [family.name, family.tests]));
  expect(Object.fromEntries(tests)).toEqual({
    primary: 3,
    'PSNR by magnification': 3,
    'SSIM by magnification': 2,
    'SSIM over all': 1,
  });
});

test('another metric may be the primary one, or none where the table answers no question', () => {
  const names = (primary: 'ssim' | null) =>
    adjust(ROWS, primary)
      .filter((row) => isOverall(row, ROWS))
      .map(({ family }) => family.name);
  const psnr = 'PSNR over all';
  expect(names('ssim')).toEqual([psnr, PRIMARY, psnr, psnr]);
  expect(names(null)).toEqual([psnr, 'SSIM over all', psnr, psnr]);
});

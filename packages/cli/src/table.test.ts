import type { CellResults } from '@mmsr/core';
import { formatProtocol, formatResults } from './results-table.js';
import { formatTable } from './table.js';

test('columns are as wide as their widest cell', () => {
  const rows = [
    ['a', '1'],
    ['long', '1000'],
  ];
  expect(formatTable(['name', 'n'], rows, ['left', 'right'])).toBe(
    ['name     n', '----  ----', 'a        1', 'long  1000'].join('\n'),
  );
});

const results = {
  cell: 'main',
  scale: 2,
  protocol: { color: 'y', cropPx: 2, rounding: 'uint8', weights: 'average', bicubic: 'imresize' },
  summary: {
    5: { images: 2, psnrDb: 25, ssim: 0.8, bicubic: { psnrDb: 25.5, ssim: 0.81 }, accuracy: 1 },
    20: { images: 2, psnrDb: 30, ssim: 0.9, bicubic: { psnrDb: 29, ssim: 0.85 }, accuracy: 0.5 },
    all: { images: 4, psnrDb: 27.5, bicubic: { psnrDb: 27.25 }, accuracy: null },
  },
} as unknown as CellResults;

test('results: a row per magnification, highest first, gains with their sign, then all', () => {
  const lines = formatResults([results]).split('\n').slice(2);
  expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['main', '20x', '2', '30.00', '29.00', '+1.00', '0.9000', '0.8500', '+0.0500', '50.0 %'],
    ['5x', '2', '25.00', '25.50', '-0.50', '0.8000', '0.8100', '-0.0100', '100.0 %'],
    ['all', '4', '27.50', '27.25', '+0.25', '-', '-', '-', '-'],
  ]);
});

test('the protocol stands beside the numbers', () => {
  expect(formatProtocol(results)).toBe(
    'x2, Y (BT.601), 2 px border left out, rounded to 8 bits, averaged weights; bicubic is imresize',
  );
});

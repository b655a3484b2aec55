import type { CellResults, Summary } from '@mmsr/core';
import { formatTable } from './table.js';

const HEADER = [
  'cell',
  'magnification',
  'images',
  'PSNR dB',
  'bicubic',
  'gain',
  'SSIM',
  'bicubic',
  'gain',
  'accuracy',
];

const fixed = (value: number | undefined, digits: number) =>
  value === undefined ? '-' : value.toFixed(digits);

function gain(value: number | undefined, bicubic: number | undefined, digits: number): string {
  if (value === undefined || bicubic === undefined) return '-';
  const difference = value - bicubic;
  return `${difference < 0 ? '' : '+'}${difference.toFixed(digits)}`;
}

function rowOf(cell: string, magnification: string, summary: Summary): string[] {
  const { psnrDb, ssim, bicubic, accuracy, images } = summary;
  return [
    cell,
    magnification,
    String(images),
    fixed(psnrDb, 2),
    fixed(bicubic.psnrDb, 2),
    gain(psnrDb, bicubic.psnrDb, 2),
    fixed(ssim, 4),
    fixed(bicubic.ssim, 4),
    gain(ssim, bicubic.ssim, 4),
    accuracy === null ? '-' : `${(100 * accuracy).toFixed(1)} %`,
  ];
}

/** The results of cells: a row per magnification and one over all images. */
export function formatResults(cells: readonly CellResults[]): string {
  const rows = cells.flatMap(({ cell, summary }) => {
    const magnifications = Object.keys(summary)
      .filter((key) => key !== 'all')
      .sort((a, b) => Number(b) - Number(a));
    return [...magnifications, 'all'].map((key, index) =>
      rowOf(index === 0 ? cell : '', key === 'all' ? 'all' : `${key}x`, summary[key] as Summary),
    );
  });
  return formatTable(HEADER, rows, ['left', 'left', 'right']);
}

/** Such as `, best in validation: checkpoints/40 (psnr 31.25)`; nothing where no best one is kept. */
export function formatBest({ bestCheckpoint }: CellResults): string {
  if (bestCheckpoint === undefined) return '';
  const { step, metric, value } = bestCheckpoint;
  return `, best in validation: checkpoints/${step} (${metric} ${value.toPrecision(4)})`;
}

/** The protocol of the numbers, in a sentence. */
export function formatProtocol({ protocol, scale }: CellResults): string {
  const color = protocol.color === 'rgb' ? 'RGB' : 'Y (BT.601)';
  const rounding = protocol.rounding === 'uint8' ? 'rounded to 8 bits' : 'not rounded';
  const weights = protocol.weights === 'average' ? 'averaged weights' : 'last weights';
  return `x${scale}, ${color}, ${protocol.cropPx} px border left out, ${rounding}, ${weights}; bicubic is ${protocol.bicubic}`;
}

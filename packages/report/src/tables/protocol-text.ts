import type { SummaryBlock } from '../study/study-summary.js';

/** How the numbers of a block were measured, in a sentence. */
export function protocolText({ scale, protocol, weights }: SummaryBlock): string {
  const { cropPx, bicubic, psnr, ssim } = protocol;
  const color = protocol.color === 'rgb' ? 'RGB' : 'Y (BT.601)';
  const rounding = protocol.rounding === 'uint8' ? 'rounded to 8 bits' : 'not rounded';
  const measured =
    weights.length > 1
      ? 'averaged or last weights as each cell says'
      : weights[0] === 'average'
        ? 'averaged weights'
        : 'last weights';
  return (
    `x${scale}, ${color}, ${cropPx} px border left out, ${rounding}, ${measured}; ` +
    `PSNR ${psnr}; SSIM ${ssim}; bicubic is ${bicubic}`
  );
}

/** The end of a file's or a label's name where there are several blocks. */
export function blockEnding(index: number, blocks: number): string {
  return blocks < 2 ? '' : `-${index + 1}`;
}

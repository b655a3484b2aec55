import type { ImageResult } from '../run/results.js';

/** How an image stands among those of its magnification, by its gain over bicubic interpolation. */
export type ExampleRank = 'best' | 'median' | 'worst';

export interface Example {
  readonly rank: ExampleRank;
  /** Among the results. */
  readonly index: number;
  readonly magnification: number;
}

/**
 * The best, the median and the worst image of each magnification by gain in PSNR, or in SSIM where only that
 * was measured; of two images the best and the worst, of one that one. Of equal gains the first counts first.
 */
export function chooseExamples(results: readonly ImageResult[]): Example[] {
  const gains = results.map(gainOf);
  const magnifications = [...new Set(results.map(({ magnification }) => magnification))];
  return magnifications
    .sort((a, b) => b - a)
    .flatMap((magnification) => {
      const ranked = results
        .map((_, index) => index)
        .filter((index) => results[index]?.magnification === magnification)
        .filter((index) => Number.isFinite(gains[index]))
        .sort((a, b) => (gains[b] as number) - (gains[a] as number) || a - b);
      return ranksOf(ranked).map(([rank, index]) => ({ rank, index, magnification }));
    });
}

function ranksOf(ranked: readonly number[]): [ExampleRank, number][] {
  const [best, worst] = [ranked[0], ranked.at(-1)];
  const median = ranked[Math.floor((ranked.length - 1) / 2)];
  if (best === undefined || worst === undefined || median === undefined) return [];
  if (ranked.length === 1) return [['median', median]];
  if (ranked.length === 2) return [['best', best], ['worst', worst]]; // prettier-ignore
  return [['best', best], ['median', median], ['worst', worst]]; // prettier-ignore
}

function gainOf({ psnrDb, ssim, bicubic }: ImageResult): number {
  if (psnrDb !== undefined) return psnrDb - (bicubic.psnrDb ?? NaN);
  return (ssim ?? NaN) - (bicubic.ssim ?? NaN);
}

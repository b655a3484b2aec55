import type { ImageResult } from '@mmsr/core';
import type { TestedCell } from '../statistics/pair-images.js';

export interface ImageOptions {
  readonly groups: number;
  readonly imagesPerGroup?: number;
  readonly magnifications?: readonly number[];
  /** PSNR above bicubic's 30 dB, by group index, image index and magnification. */
  readonly gainDb: (group: number, image: number, magnification: number) => number;
}

/** Images with a PSNR by formula; SSIM is a hundredth of it. */
export function madeImages(options: ImageOptions): ImageResult[] {
  const { groups, imagesPerGroup = 2, magnifications = [20], gainDb } = options;
  return magnifications.flatMap((magnification) =>
    Array.from({ length: groups * imagesPerGroup }, (_, i): ImageResult => {
      const group = Math.floor(i / imagesPerGroup);
      const image = i % imagesPerGroup;
      const psnrDb = 30 + gainDb(group, image, magnification);
      return {
        id: `slide-${group}@${magnification}x-${image}`,
        group: `slide-${group}`,
        magnification,
        psnrDb,
        ssim: psnrDb / 100,
        bicubic: { psnrDb: 30, ssim: 0.3 },
        predictedMagnification: null,
      };
    }),
  );
}

export function testedCell(
  cell: string,
  options: ImageOptions & { readonly seed?: number; readonly testContent?: string },
): TestedCell {
  const { seed = 1, testContent = 'slides' } = options;
  return { cell, seed, testContent, images: madeImages(options) };
}

import { MmsrError, type SourceImage, type Split } from '@mmsr/core';
import { sizeAt } from '../shrink-native.js';
import type { PatchSource } from './patch-sampler.js';
import { isUsedAt } from './used-at.js';

/** Images that cannot hold one patch at a magnification are left out; this is said, not hidden. */
export function tooSmallWarnings(
  split: Split,
  images: readonly SourceImage[],
  magnifications: readonly number[],
  patchPx: number,
): string[] {
  return magnifications.flatMap((magnification) => {
    const used = images.filter((image) => isUsedAt(image, magnification));
    const small = used.filter((image) => !hasRoom(image, magnification, patchPx));
    if (small.length === 0 || small.length === used.length) return [];
    const first = small[0] as SourceImage;
    const others = small.length === 1 ? '' : ` and ${small.length - 1} more`;
    const verb = small.length === 1 ? 'is' : 'are';
    return [
      `data.${split}: ${first.id}${others} ${verb} too small for a patch of ${patchPx} pixels ` +
        `at ${magnification}x and left out there`,
    ];
  });
}

/** No image of a split can hold a patch, or none that the source accepts. */
export function noRoomProblem(
  split: Split,
  { images }: PatchSource,
  magnification: number,
  patchPx: number,
): MmsrError {
  const used = images.filter((image) => isUsedAt(image, magnification));
  if (used.length === 0) return noImageProblem(split, images, magnification);
  if (used.some((image) => hasRoom(image, magnification, patchPx))) {
    return new MmsrError(
      'E_DATA',
      `no patch of ${patchPx}x${patchPx} pixels at ${magnification}x shows enough tissue`,
      {
        where: `data.${split}`,
        advice: 'Lower `minTissueFraction` or `patchPx`; `mmsr-run check --preview DIR` shows why.',
      },
    );
  }
  const sizes = used.map((image) => ({ id: image.id, ...sizeAt(image, magnification) }));
  const largest = sizes.reduce((best, one) => (shortSide(one) > shortSide(best) ? one : best));
  return new MmsrError(
    'E_DATA',
    `no image holds a patch of ${patchPx}x${patchPx} pixels at ${magnification}x; ` +
      `the largest there is ${largest.id} with ${largest.widthPx}x${largest.heightPx}`,
    {
      where: `data.${split}`,
      advice: 'Lower `patchPx`, leave the magnification out, or use larger images.',
    },
  );
}

function noImageProblem(
  split: Split,
  images: readonly SourceImage[],
  magnification: number,
): MmsrError {
  const natives = [...new Set(images.map((image) => image.magnification))].sort((a, b) => b - a);
  return new MmsrError(
    'E_DATA',
    `no image is used at ${magnification}x; there are images of ` +
      natives.map((one) => `${one}x`).join(', '),
    {
      where: `data.${split}.magnifications`,
      advice: 'Ask for those, or let `shrink: true` of the source make lower ones of higher ones.',
    },
  );
}

function hasRoom(image: SourceImage, magnification: number, patchPx: number): boolean {
  return shortSide(sizeAt(image, magnification)) >= patchPx;
}

function shortSide({ widthPx, heightPx }: { widthPx: number; heightPx: number }): number {
  return Math.min(widthPx, heightPx);
}

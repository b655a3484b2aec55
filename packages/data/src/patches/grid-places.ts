import type { SourceImage } from '@mmsr/core';
import { sizeAt } from '../shrink-native.js';
import type { PatchPlace, PatchSource } from './patch-sampler.js';
import { isUsedAt } from './used-at.js';

/** Whether the source gives a patch there. */
export function isAccepted(source: PatchSource, place: PatchPlace, patchPx: number): boolean {
  if (source.accepts === undefined) return true;
  const { image, magnification, x, y } = place;
  return source.accepts(image, magnification, { x, y, width: patchPx, height: patchPx });
}

/** Patches side by side in every image, by image: all there are that the source accepts. */
export function gridPlaces(
  source: PatchSource,
  magnification: number,
  patchPx: number,
): PatchPlace[][] {
  return source.images.map((_, image) => [...gridOf(source, image, magnification, patchPx)]);
}

/** Whether an image has one of them. */
export function hasGridPlace(
  source: PatchSource,
  image: number,
  magnification: number,
  patchPx: number,
): boolean {
  return gridOf(source, image, magnification, patchPx).next().done !== true;
}

function* gridOf(
  source: PatchSource,
  image: number,
  magnification: number,
  patchPx: number,
): Generator<PatchPlace, undefined> {
  const one = source.images[image] as SourceImage;
  if (!isUsedAt(one, magnification)) return;
  const { widthPx, heightPx } = sizeAt(one, magnification);
  for (let y = 0; y + patchPx <= heightPx; y += patchPx) {
    for (let x = 0; x + patchPx <= widthPx; x += patchPx) {
      const place = { image, magnification, x, y };
      if (isAccepted(source, place, patchPx)) yield place;
    }
  }
}

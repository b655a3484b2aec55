import type { MagnificationAudit, ValueRange } from '@mmsr/core';
import { gridPlaces } from '../evaluation/evaluation-places.js';
import type { SplitImages } from '../loading/check-splits.js';
import { isUsedAt } from '../patches/used-at.js';
import { sizeAt } from '../shrink-native.js';

/**
 * What a split has at each magnification asked of it.
 * @param samples patches by magnification, where they are planned; otherwise those that fit side by side
 */
export function auditMagnifications(
  { images, magnifications }: SplitImages,
  patchPx: number,
  samples?: Readonly<Record<string, number>>,
): MagnificationAudit[] {
  return magnifications.map((magnification) => {
    const used = images.filter((image) => {
      if (!isUsedAt(image, magnification)) return false;
      const { widthPx, heightPx } = sizeAt(image, magnification);
      return Math.min(widthPx, heightPx) >= patchPx;
    });
    const known = used.flatMap(({ magnification: native, micronsPerPixel }) =>
      micronsPerPixel === undefined ? [] : [{ native, micronsPerPixel }],
    );
    return {
      magnification,
      images: used.length,
      groups: new Set(used.map(({ group }) => group)).size,
      patches: samples?.[magnification] ?? gridPlaces(used, magnification, patchPx).flat().length,
      nativeMagnification: rangeOf(used.map((image) => image.magnification)),
      micronsPerPixel: rangeOf(known.map((one) => one.micronsPerPixel)),
      effectiveMicronsPerPixel: rangeOf(
        known.map(({ native, micronsPerPixel }) => (micronsPerPixel * native) / magnification),
      ),
      withoutMicronsPerPixel: used.length - known.length,
    };
  });
}

function rangeOf(values: readonly number[]): ValueRange | null {
  if (values.length === 0) return null;
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return { least, most };
}

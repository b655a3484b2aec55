import type { MagnificationAudit, ValueRange } from '@mmsr/core';
import { gridPlaces } from '../patches/grid-places.js';
import type { PatchSource } from '../patches/patch-sampler.js';
import { isUsedAt } from '../patches/used-at.js';
import { sizeAt } from '../shrink-native.js';

/**
 * What a split has at each magnification asked of it.
 * @param samples patches by magnification, where they are planned; otherwise those that fit side by side
 */
export function auditMagnifications(
  source: PatchSource,
  magnifications: readonly number[],
  patchPx: number,
  samples?: Readonly<Record<string, number>>,
): MagnificationAudit[] {
  return magnifications.map((magnification) => {
    const used = source.images.filter((image) => {
      if (!isUsedAt(image, magnification)) return false;
      const { widthPx, heightPx } = sizeAt(image, magnification);
      return Math.min(widthPx, heightPx) >= patchPx;
    });
    const patches = () => gridPlaces(source, magnification, patchPx).flat().length;
    const known = used.flatMap(({ magnification: native, micronsPerPixel }) =>
      micronsPerPixel === undefined ? [] : [{ native, micronsPerPixel }],
    );
    return {
      magnification,
      images: used.length,
      groups: new Set(used.map(({ group }) => group)).size,
      patches: samples?.[magnification] ?? patches(),
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

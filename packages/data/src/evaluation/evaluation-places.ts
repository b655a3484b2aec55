import type { PatchPlace } from '../patches/patch-sampler.js';

export interface EvaluationGrid {
  readonly magnifications: readonly number[];
  readonly patchPx: number;
  /** Patches per magnification; null: all. */
  readonly count: number | null;
}

/**
 * Picks `count` places, as evenly as can be from every image and from all over each.
 * @param places by image; at least `count` in all
 */
export function spread(places: readonly (readonly PatchPlace[])[], count: number): PatchPlace[] {
  const shares = evenShares(
    places.map(({ length }) => length),
    count,
  );
  return places.flatMap((ofImage, image) => {
    const share = shares[image] as number;
    return Array.from({ length: share }, (_, k) => {
      const at = Math.floor(((k + 0.5) * ofImage.length) / share);
      return ofImage[at] as PatchPlace;
    });
  });
}

/** Deals `count` out one by one, in turn, to those that can take more. */
function evenShares(capacities: readonly number[], count: number): number[] {
  const shares = capacities.map(() => 0);
  let left = count;
  while (left > 0) {
    for (let i = 0; i < shares.length && left > 0; i++) {
      if ((shares[i] as number) >= (capacities[i] as number)) continue;
      shares[i] = (shares[i] as number) + 1;
      left--;
    }
  }
  return shares;
}

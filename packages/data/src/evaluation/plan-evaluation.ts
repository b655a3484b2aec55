import { MmsrError, type Split } from '@mmsr/core';
import { gridPlaces } from '../patches/grid-places.js';
import type { PatchPlace, PatchSource } from '../patches/patch-sampler.js';
import { type EvaluationGrid, spread } from './evaluation-places.js';
import { noRoomProblem, tooSmallWarnings } from '../patches/room.js';

export interface EvaluationPlan {
  readonly places: readonly PatchPlace[];
  /** Number of places by magnification. */
  readonly samples: Readonly<Record<string, number>>;
  readonly problems: readonly MmsrError[];
  readonly warnings: readonly string[];
}

/** The patches of a split, one magnification after the other; `problems` where there are too few. */
export function planEvaluation(
  split: Split,
  source: PatchSource,
  { magnifications, patchPx, count }: EvaluationGrid,
): EvaluationPlan {
  const places: PatchPlace[] = [];
  const samples: Record<string, number> = {};
  const problems: MmsrError[] = [];
  for (const magnification of magnifications) {
    const grid = gridPlaces(source, magnification, patchPx);
    const available = grid.reduce((sum, ofImage) => sum + ofImage.length, 0);
    if (available === 0) {
      problems.push(noRoomProblem(split, source, magnification, patchPx));
    } else if (count !== null && count > available) {
      problems.push(tooFew(split, magnification, count, available, patchPx));
    } else {
      const chosen = count === null ? grid.flat() : spread(grid, count);
      samples[magnification] = chosen.length;
      places.push(...chosen);
    }
  }
  const warnings = tooSmallWarnings(split, source.images, magnifications, patchPx);
  return { places, samples, problems, warnings };
}

function tooFew(
  split: Split,
  magnification: number,
  count: number,
  available: number,
  patchPx: number,
): MmsrError {
  return new MmsrError(
    'E_DATA',
    `${count} patches of ${patchPx} pixels are asked for at ${magnification}x, ` +
      `${available} fit side by side into what is used of the images`,
    { where: `data.${split}.count`, advice: 'Lower `count` or `patchPx`, or add images.' },
  );
}

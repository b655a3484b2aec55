import { canonical, type Json, type StudyRecord } from '@mmsr/core';
import type { Contrast } from '../statistics/compare.js';
import type { CellPair } from '../statistics/pair-images.js';
import { incomparable } from './comparable.js';
import type { DoneCell } from './done-cell.js';
import { withoutKeys, type Variant } from './variants.js';

/** What is compared, and what could not be. */
export interface Contrasts {
  readonly contrasts: readonly Contrast[];
  readonly notes: readonly string[];
}

/** Each variant against bicubic interpolation of the same images. */
export function bicubicContrasts(variants: readonly Variant[]): Contrast[] {
  return variants.map(({ name, cells }) => ({
    cell: name,
    baseline: 'bicubic',
    pairs: cells.map((cell): CellPair => ({ cell, baseline: 'bicubic' })),
  }));
}

/** Each variant against the one with the baseline's value of the factor and else the same settings. */
export function baselineContrasts(
  variants: readonly Variant[],
  compare: NonNullable<StudyRecord['compare']>,
): Contrasts {
  const { factor, baseline } = compare;
  if (factor === 'seed')
    return { contrasts: [], notes: ['Seeds are not compared with each other.'] };
  const isBaseline = ({ settings }: Variant) =>
    canonical(settings[factor] as Json) === canonical(baseline);
  const rest = ({ settings }: Variant) => canonical(withoutKeys(settings, [factor]));
  const found = variants
    .filter((variant) => factor in variant.settings && !isBaseline(variant))
    .map((variant) => {
      const partner = variants.find((other) => isBaseline(other) && rest(other) === rest(variant));
      return toContrast(variant, partner);
    });
  return {
    contrasts: found.flatMap(({ contrast }) => (contrast === undefined ? [] : [contrast])),
    notes: found.flatMap(({ notes }) => notes),
  };
}

function toContrast(
  variant: Variant,
  partner: Variant | undefined,
): { contrast?: Contrast; notes: string[] } {
  const { name } = variant;
  if (partner === undefined) {
    return { notes: [`${name} is not compared: what it is compared with is not done.`] };
  }
  const reason = incomparable(variant, partner);
  if (reason !== undefined) {
    return { notes: [`${name} is not compared with ${partner.name}: ${reason}.`] };
  }
  const others = new Map(partner.cells.map((cell) => [cell.seed, cell]));
  const pairs = variant.cells.flatMap((cell): CellPair[] => {
    const baseline = others.get(cell.seed);
    return baseline === undefined ? [] : [{ cell, baseline }];
  });
  const paired = new Set(pairs.map(({ cell }) => cell.seed));
  const single = (cells: readonly DoneCell[]) =>
    cells.filter(({ seed }) => !paired.has(seed)).map(({ cell }) => cell);
  const alone = [...single(variant.cells), ...single(partner.cells)];
  const notes =
    alone.length === 0
      ? []
      : [`Left out of the comparison, without a partner of the same seed: ${alone.join(', ')}.`];
  if (pairs.length === 0) return { notes };
  return { contrast: { cell: name, baseline: partner.name, pairs }, notes };
}

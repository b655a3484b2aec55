import { canonical, type Json, type ResultProtocol } from '@mmsr/core';
import { imageMismatch } from '../statistics/pair-images.js';
import { measuring } from './done-cell.js';
import type { Variant } from './variants.js';

/** Variants whose numbers may stand in one table: measured alike on the same images. */
export interface ComparableVariants {
  readonly scale: number;
  readonly protocol: ResultProtocol;
  readonly variants: readonly Variant[];
}

/** Splits variants by how and on what they were tested, in their order. */
export function splitComparable(variants: readonly Variant[]): ComparableVariants[] {
  const blocks: Variant[][] = [];
  for (const variant of variants) {
    const block = blocks.find(
      ([first]) => first !== undefined && incomparable(first, variant) === undefined,
    );
    if (block === undefined) blocks.push([variant]);
    else block.push(variant);
  }
  return blocks.map((block) => {
    const { scale, protocol } = (block[0] as Variant).cells[0].results;
    return { scale, protocol, variants: block };
  });
}

/** Why two variants cannot stand in one table; undefined when they can. */
export function incomparable(a: Variant, b: Variant): string | undefined {
  const [one, other] = [measuring(a.cells[0]), measuring(b.cells[0])];
  for (const [key, value] of Object.entries(one)) {
    if (canonical(value) !== canonical(other[key] as Json)) {
      return `${key} ${shown(value)} and ${shown(other[key] as Json)}`;
    }
  }
  const bySeed = new Map(a.cells.map((cell) => [cell.seed, cell]));
  for (const cell of b.cells) {
    const partner = bySeed.get(cell.seed);
    const mismatch = partner && imageMismatch(cell, partner);
    if (mismatch !== undefined) return `${cell.cell} ${mismatch}`;
  }
  return undefined;
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

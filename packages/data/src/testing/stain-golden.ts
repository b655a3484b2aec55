import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RgbImage } from '@mmsr/core';
import { decodeRgb } from '../images/decode-rgb.js';
import type { StainShift } from '../stain/jitter.js';
import type { LabStatistics } from '../stain/reinhard.js';
import type { Staining } from '../stain/separation.js';

interface BothImages<Value> {
  readonly source: Value;
  readonly reference: Value;
}

/** What other implementations make of two images; see golden/README.md. */
export interface StainGolden {
  readonly macenko: BothImages<Staining>;
  readonly reinhard: BothImages<LabStatistics>;
  readonly vahadane: BothImages<
    Staining & { readonly loss: number; readonly amounts: readonly (readonly number[])[] }
  >;
  readonly hed: { readonly shifts: readonly StainShift[] };
}

const folder = new URL('../../golden/', import.meta.url);

export const stainGolden = JSON.parse(
  readFileSync(new URL('stain.json', folder), 'utf8'),
) as StainGolden;

export function goldenPath(name: string): string {
  return fileURLToPath(new URL(`stain-${name}.png`, folder));
}

/** Of 64 x 64 pixels. */
export function goldenImage(name: string): Promise<RgbImage> {
  return decodeRgb(goldenPath(name), { x: 0, y: 0, width: 64, height: 64 }, name, false);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
}

import { noiseField, type Field } from './noise.js';
import { radiusAt } from './place-glands.js';
import type { Gland } from './tissue.js';

const CELL_MICRONS = 4;

/** The direction of the stroma's fibres in radians, at places in microns. */
export type FibreDirections = (x: number, y: number) => number;

/**
 * Fibres run along the contour lines of smooth noise, and around glands. Directions have no sign, so
 * they are summed as doubled angles.
 */
export function fibreDirections(
  seed: number,
  sideMicrons: number,
  glands: readonly Gland[],
): FibreDirections {
  const size = Math.ceil(sideMicrons / CELL_MICRONS) + 2;
  const angles = new Float32Array(size * size);
  const bends = noiseField(size, 30, seed);
  for (let i = 0; i < angles.length; i++) {
    const x = (i % size) * CELL_MICRONS;
    const y = Math.floor(i / size) * CELL_MICRONS;
    angles[i] = directionAt(x, y, 3 * (bends[i] as number), glands);
  }
  return (x, y) => nearest(angles, size, x / CELL_MICRONS, y / CELL_MICRONS);
}

function directionAt(x: number, y: number, own: number, glands: readonly Gland[]): number {
  let cosine = 0.6 * Math.cos(2 * own);
  let sine = 0.6 * Math.sin(2 * own);
  for (const gland of glands) {
    const toCenter = Math.atan2(y - gland.y, x - gland.x);
    const gap = Math.hypot(y - gland.y, x - gland.x) - radiusAt(gland, toCenter);
    const weight = Math.exp(-Math.max(0, gap) / 15);
    // Along the border: a quarter turn from the radius, hence the sign of the doubled angle.
    cosine -= weight * Math.cos(2 * toCenter);
    sine -= weight * Math.sin(2 * toCenter);
  }
  return Math.atan2(sine, cosine) / 2;
}

function nearest(field: Field, size: number, x: number, y: number): number {
  const column = Math.min(size - 1, Math.max(0, Math.round(x)));
  const row = Math.min(size - 1, Math.max(0, Math.round(y)));
  return field[row * size + column] as number;
}

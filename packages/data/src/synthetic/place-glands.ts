import type { RandomStream } from '@mmsr/core';
import { between, type Gland } from './tissue.js';

export const ANGLES = 256;
const MARGIN_MICRONS = 60;
const CELL_WIDTH_MICRONS = 6.2;

/** Throws glands at random and keeps those that fit beside the others, until their share is reached. */
export function placeGlands(random: RandomStream, sideMicrons: number, share: number): Gland[] {
  const glands: Gland[] = [];
  const extent = sideMicrons + 2 * MARGIN_MICRONS;
  let area = 0;
  for (let attempt = 0; attempt < (extent / 8) ** 2 && area < share * extent * extent; attempt++) {
    const x = between(random, -MARGIN_MICRONS, sideMicrons + MARGIN_MICRONS);
    const y = between(random, -MARGIN_MICRONS, sideMicrons + MARGIN_MICRONS);
    const gland = makeGland(random, x, y);
    if (!glands.every((other) => apart(gland, other))) continue;
    glands.push(gland);
    area += Math.PI * gland.largestRadius ** 2 * 0.7;
  }
  return glands;
}

function apart(a: Gland, b: Gland): boolean {
  const angle = Math.atan2(b.y - a.y, b.x - a.x);
  const gap = Math.hypot(b.x - a.x, b.y - a.y) - radiusAt(a, angle) - radiusAt(b, angle + Math.PI);
  return gap > 4 && Math.hypot(b.x - a.x, b.y - a.y) > (a.largestRadius + b.largestRadius) * 0.85;
}

/** Outer radius in microns at an angle in radians. */
export function radiusAt({ radii }: Gland, angle: number): number {
  const turn = angle / (2 * Math.PI);
  return radii[Math.floor((turn - Math.floor(turn)) * ANGLES)] as number;
}

function makeGland(random: RandomStream, x: number, y: number): Gland {
  const radius = between(random, 30, 68);
  const thickness = Math.min(32, radius * between(random, 0.4, 0.75));
  const waves = [0.18, 0.08, 0.05, 0.03].map((amplitude, i) => ({
    amplitude: amplitude * (0.3 + random.uniform()),
    phase: between(random, 0, 2 * Math.PI),
    turns: i + 2,
  }));
  const radii = Float32Array.from({ length: ANGLES }, (_, i) => {
    const angle = (i / ANGLES) * 2 * Math.PI;
    const swing = waves.map((wave) => wave.amplitude * Math.cos(wave.turns * angle + wave.phase));
    return radius * (1 + swing.reduce((sum, value) => sum + value, 0));
  });
  const circumference = 2 * Math.PI * (radius - thickness * 0.35);
  return {
    x,
    y,
    radii,
    largestRadius: radii.reduce((largest, value) => Math.max(largest, value)),
    thickness,
    cells: Math.max(8, Math.round(circumference / CELL_WIDTH_MICRONS)),
    mucin: random.uniform() < 0.5 ? between(random, 0.15, 0.6) : 0.03,
  };
}

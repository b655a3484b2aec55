import type { RandomStream } from '@mmsr/core';
import { mix, smoothStep } from './noise.js';
import { radiusAt } from './place-glands.js';
import { between, type Gland, type Stains } from './tissue.js';

const TRIES_PER_SQUARE_MM = 120;
const RED_CELL_MICRONS = 3;

/** Capillaries in the stroma: a pale lumen with a thin wall, red cells in some of them. */
export function drawVessels(stains: Stains, random: RandomStream, glands: readonly Gland[]): void {
  const sideMicrons = stains.sizePx / stains.pxPerMicron;
  const tries = Math.ceil(TRIES_PER_SQUARE_MM * (sideMicrons / 1000) ** 2);
  for (let i = 0; i < tries; i++) {
    const x = between(random, 0, sideMicrons);
    const y = between(random, 0, sideMicrons);
    const radius = between(random, 5, 13);
    const filled = random.uniform();
    const isFree = glands.every(
      (gland) =>
        Math.hypot(gland.x - x, gland.y - y) -
          radiusAt(gland, Math.atan2(y - gland.y, x - gland.x)) >
        radius + 3,
    );
    if (isFree) drawVessel(stains, random, x, y, radius, filled);
  }
}

function drawVessel(
  stains: Stains,
  random: RandomStream,
  x: number,
  y: number,
  radius: number,
  filled: number,
): void {
  drawDisc(stains, x, y, radius + 1.2, 0.55, 0.1);
  drawDisc(stains, x, y, radius, 0.03, 0.01);
  const cells = filled < 0.4 ? 0 : Math.round(filled * (radius / RED_CELL_MICRONS) ** 2);
  for (let i = 0; i < cells; i++) {
    const angle = between(random, 0, 2 * Math.PI);
    const distance = (radius - RED_CELL_MICRONS - 0.3) * Math.sqrt(random.uniform());
    const [cellX, cellY] = [x + distance * Math.cos(angle), y + distance * Math.sin(angle)];
    drawDisc(stains, cellX, cellY, between(random, 2.5, RED_CELL_MICRONS), 0.95, 0.02);
  }
}

function drawDisc(
  { sizePx, pxPerMicron, eosin, hematoxylin }: Stains,
  x: number,
  y: number,
  radius: number,
  pink: number,
  blue: number,
): void {
  const fromY = Math.max(0, Math.floor((y - radius - 1) * pxPerMicron));
  const toY = Math.min(sizePx - 1, Math.ceil((y + radius + 1) * pxPerMicron));
  const fromX = Math.max(0, Math.floor((x - radius - 1) * pxPerMicron));
  const toX = Math.min(sizePx - 1, Math.ceil((x + radius + 1) * pxPerMicron));
  for (let row = fromY; row <= toY; row++) {
    for (let column = fromX; column <= toX; column++) {
      const distance = Math.hypot(row / pxPerMicron - y, column / pxPerMicron - x);
      const share = 1 - smoothStep(radius - 0.3, radius + 0.3, distance);
      const i = row * sizePx + column;
      eosin[i] = mix(eosin[i] as number, pink, share);
      hematoxylin[i] = mix(hematoxylin[i] as number, blue, share);
    }
  }
}

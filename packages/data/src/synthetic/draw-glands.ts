import { hash, mix, smoothStep, type Field } from './noise.js';
import { ANGLES } from './place-glands.js';
import type { Gland, Stains } from './tissue.js';

/** One cell of the ring and where in it a pixel lies. */
interface PlaceInRing {
  /** Microns from the outer border inwards. */
  readonly depth: number;
  /** Microns from the middle of the cell, along the ring. */
  readonly aside: number;
  readonly cellWidth: number;
  readonly isGoblet: boolean;
}

/** Epithelium, lumen and basement membrane of every gland; nuclei come later. */
export function drawGlands(stains: Stains, glands: readonly Gland[], grain: Field): void {
  glands.forEach((gland, index) => {
    drawGland(stains, gland, index, grain);
  });
}

function drawGland(stains: Stains, gland: Gland, index: number, grain: Field): void {
  const { sizePx, pxPerMicron } = stains;
  const reach = gland.largestRadius + 2;
  const fromY = Math.max(0, Math.floor((gland.y - reach) * pxPerMicron));
  const toY = Math.min(sizePx - 1, Math.ceil((gland.y + reach) * pxPerMicron));
  const fromX = Math.max(0, Math.floor((gland.x - reach) * pxPerMicron));
  const toX = Math.min(sizePx - 1, Math.ceil((gland.x + reach) * pxPerMicron));
  for (let y = fromY; y <= toY; y++) {
    for (let x = fromX; x <= toX; x++) {
      const acrossX = x / pxPerMicron - gland.x;
      const acrossY = y / pxPerMicron - gland.y;
      const distance = Math.sqrt(acrossX * acrossX + acrossY * acrossY);
      if (distance > reach) continue;
      const turn = (Math.atan2(acrossY, acrossX) / (2 * Math.PI) + 1) % 1;
      const i = y * sizePx + x;
      const wobble = 0.8 * (grain[i] as number);
      const depth = interpolated(gland.radii, turn) - distance + wobble;
      if (depth > -1.5)
        colorPixel(stains, i, gland, placeInRing(gland, index, turn, depth, distance));
    }
  }
}

function interpolated(radii: Float32Array, turn: number): number {
  const at = turn * ANGLES;
  const low = Math.floor(at) % ANGLES;
  return mix(radii[low] as number, radii[(low + 1) % ANGLES] as number, at - Math.floor(at));
}

function placeInRing(
  { cells, mucin }: Gland,
  index: number,
  turn: number,
  depth: number,
  distance: number,
): PlaceInRing {
  const cell = Math.floor(turn * cells);
  const cellWidth = (2 * Math.PI * distance) / cells;
  const aside = (turn * cells - cell - 0.5) * cellWidth;
  return { depth, aside, cellWidth, isGoblet: hash(cell, index, 77) / 0xffffffff < mucin };
}

function colorPixel(
  { eosin, hematoxylin }: Stains,
  i: number,
  { thickness }: Gland,
  { depth, aside, cellWidth, isGoblet }: PlaceInRing,
): void {
  const inside = smoothStep(-1.2, -0.4, depth);
  const inLumen = smoothStep(thickness - 0.4, thickness + 0.4, depth);
  const membrane = bump((depth + 0.3) / 0.7);
  const apical = bump((depth - thickness + 0.6) / 0.7);
  const border = bump((cellWidth / 2 - Math.abs(aside)) / 0.45) * smoothStep(0, 4, depth);
  let cytoplasm = 0.36 - 0.12 * (depth / thickness) + 0.16 * border + 0.25 * apical;
  let blue = 0.26 - 0.12 * (depth / thickness) + 0.06 * border;
  if (isGoblet) {
    const across = ((depth - 0.62 * thickness) / (0.3 * thickness)) ** 2 + (aside / 2.9) ** 2;
    const vacuole = 1 - smoothStep(0.75, 1.05, across);
    cytoplasm = mix(cytoplasm, 0.06, vacuole);
    blue = mix(blue, 0.13, vacuole);
  }
  const eosinHere = mix(cytoplasm + 0.35 * membrane, 0.02, inLumen);
  eosin[i] = mix(eosin[i] as number, eosinHere, inside);
  hematoxylin[i] = mix(hematoxylin[i] as number, mix(blue, 0.01, inLumen), inside);
}

/** 1 at 0, falling to 0 at a distance of 1 to both sides. */
function bump(t: number): number {
  const rest = 1 - t * t;
  return rest > 0 ? rest * rest : 0;
}

import type { RandomStream } from '@mmsr/core';
import type { FibreDirections } from './fibre-directions.js';
import { noiseField } from './noise.js';
import { between, seedOf, type Stains } from './tissue.js';

const MICRONS_PER_FIBRE = 26;
const MICRONS_PER_CLEFT = 260;

/** Connective tissue: pale ground substance, wavy collagen fibres, clefts between them. */
export function drawStroma(
  stains: Stains,
  random: RandomStream,
  directions: FibreDirections,
): void {
  const { sizePx, pxPerMicron, eosin, hematoxylin } = stains;
  const fibres = new Float32Array(eosin.length);
  const clefts = new Float32Array(eosin.length);
  const areaMicrons = (sizePx / pxPerMicron) ** 2;
  for (let i = 0; i < areaMicrons / MICRONS_PER_FIBRE; i++) {
    const width = between(random, 0.35, 1.3);
    drawStrand(fibres, stains, random, directions, width, between(random, 0.15, 1));
  }
  for (let i = 0; i < areaMicrons / MICRONS_PER_CLEFT; i++) {
    const width = between(random, 0.4, 2.2);
    drawStrand(clefts, stains, random, directions, width, between(random, 0.3, 1));
  }
  const broad = noiseField(sizePx, 45 * pxPerMicron, seedOf(random));
  for (let i = 0; i < eosin.length; i++) {
    const ground = 0.16 + 0.07 * (broad[i] as number);
    const collagen = (0.42 + 0.12 * (broad[i] as number)) * (fibres[i] as number);
    eosin[i] = (ground + collagen) * (1 - 0.9 * (clefts[i] as number));
    hematoxylin[i] = 0.05 * (1 - (clefts[i] as number));
  }
}

/** A soft thread that follows the fibres; where threads cross, the stronger one shows. */
function drawStrand(
  target: Float32Array,
  { sizePx, pxPerMicron }: Stains,
  random: RandomStream,
  directions: FibreDirections,
  widthMicrons: number,
  strength: number,
): void {
  const sideMicrons = sizePx / pxPerMicron;
  let x = between(random, 0, sideMicrons);
  let y = between(random, 0, sideMicrons);
  const lengthMicrons = between(random, 15, 70);
  const turn = between(random, -0.35, 0.35);
  const wave = between(random, 0.1, 0.4);
  const stepMicrons = 1 / pxPerMicron;
  const radiusPx = Math.max(0.75, widthMicrons * pxPerMicron);
  let heading = directions(x, y) + turn;
  for (let gone = 0; gone < lengthMicrons; gone += stepMicrons) {
    // A direction has no sign: go on with the one that turns less.
    const along = directions(x, y) + turn + wave * Math.sin(gone / 4);
    heading = Math.cos(along - heading) < 0 ? along + Math.PI : along;
    x += Math.cos(heading) * stepMicrons;
    y += Math.sin(heading) * stepMicrons;
    const end = Math.min(1, gone / 5, (lengthMicrons - gone) / 5);
    stamp(target, sizePx, x * pxPerMicron, y * pxPerMicron, radiusPx, strength * end);
  }
}

/** A disc that fades to its edge, kept where it is stronger than what is there. */
function stamp(
  target: Float32Array,
  sizePx: number,
  x: number,
  y: number,
  radiusPx: number,
  strength: number,
): void {
  const fromY = Math.max(0, Math.ceil(y - radiusPx));
  const toY = Math.min(sizePx - 1, Math.floor(y + radiusPx));
  const fromX = Math.max(0, Math.ceil(x - radiusPx));
  const toX = Math.min(sizePx - 1, Math.floor(x + radiusPx));
  for (let row = fromY; row <= toY; row++) {
    for (let column = fromX; column <= toX; column++) {
      const squared = ((row - y) ** 2 + (column - x) ** 2) / radiusPx ** 2;
      const value = strength * (1 - squared);
      const i = row * sizePx + column;
      if (value > (target[i] as number)) target[i] = value;
    }
  }
}

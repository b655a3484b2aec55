import type { RandomStream } from '@mmsr/core';
import { mix, smoothStep, type Field } from './noise.js';
import { between, type Nucleus, type NucleusKind, type Stains } from './tissue.js';

/** How the chromatin of a kind of nucleus looks: open or dense, with a rim, clumps and nucleoli. */
interface Chromatin {
  readonly base: number;
  readonly rim: number;
  readonly clumps: number;
  readonly nucleoli: number;
  /** Pale halo around it, as shrinkage leaves one. */
  readonly halo: number;
}

const CHROMATIN: Readonly<Record<NucleusKind, Chromatin>> = {
  epithelial: { base: 0.62, rim: 0.42, clumps: 0.3, nucleoli: 1.6, halo: 0.1 },
  fibroblast: { base: 0.95, rim: 0.2, clumps: 0.2, nucleoli: 0, halo: 0.25 },
  lymphocyte: { base: 0.95, rim: 0.2, clumps: 0.4, nucleoli: 0, halo: 0.35 },
};

const RIM_MICRONS = 0.5;
const NUCLEOLUS_MICRONS = 0.75;

interface Spot {
  readonly along: number;
  readonly across: number;
}

/**
 * @param grain fine noise for the chromatin, as large as the slide
 * @param shape coarser noise that makes outlines uneven, as large as the slide
 */
export function drawNuclei(
  stains: Stains,
  nuclei: readonly Nucleus[],
  random: RandomStream,
  grain: Field,
  shape: Field,
): void {
  for (const nucleus of nuclei) {
    const { nucleoli } = CHROMATIN[nucleus.kind];
    const spots = Array.from({ length: Math.floor(random.uniform() * 2 * nucleoli) }, () => ({
      along: between(random, -0.5, 0.5) * nucleus.long,
      across: between(random, -0.4, 0.4) * nucleus.short,
    }));
    drawNucleus(stains, nucleus, spots, grain, shape);
  }
}

function drawNucleus(
  stains: Stains,
  nucleus: Nucleus,
  spots: readonly Spot[],
  grain: Field,
  shape: Field,
): void {
  const { sizePx, pxPerMicron } = stains;
  const { long, short } = nucleus;
  const cosine = Math.cos(nucleus.angle);
  const sine = Math.sin(nucleus.angle);
  const reach = 1.45 * long;
  const fromY = Math.max(0, Math.floor((nucleus.y - reach) * pxPerMicron));
  const toY = Math.min(sizePx - 1, Math.ceil((nucleus.y + reach) * pxPerMicron));
  const fromX = Math.max(0, Math.floor((nucleus.x - reach) * pxPerMicron));
  const toX = Math.min(sizePx - 1, Math.ceil((nucleus.x + reach) * pxPerMicron));
  for (let y = fromY; y <= toY; y++) {
    for (let x = fromX; x <= toX; x++) {
      const dx = x / pxPerMicron - nucleus.x;
      const dy = y / pxPerMicron - nucleus.y;
      const along = dx * cosine + dy * sine;
      const across = dy * cosine - dx * sine;
      const i = y * sizePx + x;
      const radius = Math.sqrt((along / long) ** 2 + (across / short) ** 2);
      const uneven = radius * (1 + 0.16 * (shape[i] as number));
      if (uneven > 1.45) continue;
      const nearest = nearestSpot(spots, along, across);
      stainPixel(stains, i, nucleus, uneven, nearest, grain[i] as number);
    }
  }
}

function nearestSpot(spots: readonly Spot[], along: number, across: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const spot of spots) {
    nearest = Math.min(nearest, Math.hypot(along - spot.along, across - spot.across));
  }
  return nearest;
}

/** @param radius 0 in the middle, 1 on the outline */
function stainPixel(
  { eosin, hematoxylin }: Stains,
  i: number,
  { kind, short, strength }: Nucleus,
  radius: number,
  toNucleolus: number,
  grain: number,
): void {
  const chromatin = CHROMATIN[kind];
  const insideMicrons = (1 - radius) * short;
  const coverage = smoothStep(-0.25, 0.2, insideMicrons);
  const halo = chromatin.halo * (1 - smoothStep(1, 1.4, radius)) * (1 - coverage);
  const rim = 1 - smoothStep(0, RIM_MICRONS, Math.abs(insideMicrons - 0.15));
  const nucleolus = 1 - smoothStep(NUCLEOLUS_MICRONS * 0.6, NUCLEOLUS_MICRONS, toNucleolus);
  const density = chromatin.base + chromatin.rim * rim + chromatin.clumps * grain + 0.5 * nucleolus;
  const blue = Math.max(0.1, strength * density);
  hematoxylin[i] = mix((hematoxylin[i] as number) * (1 - halo), blue, coverage);
  eosin[i] = mix((eosin[i] as number) * (1 - halo), 0.22 + 0.15 * nucleolus, coverage);
}

import type { RandomStream } from '@mmsr/core';
import type { FibreDirections } from './fibre-directions.js';
import { noiseField } from './noise.js';
import { radiusAt } from './place-glands.js';
import { between, type Gland, type Nucleus, seedOf } from './tissue.js';

const FIBROBLASTS_PER_SQUARE_MM = 1300;
const LYMPHOCYTES_PER_SQUARE_MM = 9000;
const CLUSTER_MICRONS = 70;

/** Nuclei that do not overlap much: a list that refuses what is too close to one it has. */
class Crowd {
  readonly nuclei: Nucleus[] = [];
  readonly #cells = new Map<string, Nucleus[]>();
  readonly #cellMicrons = 12;

  add(nucleus: Nucleus): void {
    const column = Math.floor(nucleus.x / this.#cellMicrons);
    const row = Math.floor(nucleus.y / this.#cellMicrons);
    for (let y = row - 1; y <= row + 1; y++) {
      for (let x = column - 1; x <= column + 1; x++) {
        if (this.#cells.get(`${x} ${y}`)?.some((other) => tooClose(nucleus, other))) return;
      }
    }
    const key = `${column} ${row}`;
    this.#cells.set(key, [...(this.#cells.get(key) ?? []), nucleus]);
    this.nuclei.push(nucleus);
  }
}

function tooClose(a: Nucleus, b: Nucleus): boolean {
  const distance = Math.hypot(a.x - b.x, a.y - b.y);
  return distance < 0.45 * (a.long + a.short + b.long + b.short) * 0.95;
}

/** Palisades in the glands, spindles along the fibres, and lymphocytes in clusters. */
export function placeNuclei(
  random: RandomStream,
  sideMicrons: number,
  glands: readonly Gland[],
  directions: FibreDirections,
  lymphocytes: number,
): Nucleus[] {
  const crowd = new Crowd();
  for (const gland of glands) placePalisade(crowd, random, gland);
  const inStroma = () => {
    const x = between(random, 0, sideMicrons);
    const y = between(random, 0, sideMicrons);
    return glands.some((gland) => gapTo(gland, x, y) < 3) ? undefined : { x, y };
  };
  const squareMm = (sideMicrons / 1000) ** 2;
  for (let i = 0; i < FIBROBLASTS_PER_SQUARE_MM * squareMm; i++) {
    const place = inStroma();
    if (place !== undefined) crowd.add(fibroblast(random, place, directions));
  }
  const infiltrated = clusters(random, sideMicrons, lymphocytes);
  for (let i = 0; i < LYMPHOCYTES_PER_SQUARE_MM * squareMm; i++) {
    const place = inStroma();
    if (place === undefined || random.uniform() > infiltrated(place.x, place.y)) continue;
    crowd.add(lymphocyte(random, place));
  }
  return crowd.nuclei;
}

function gapTo(gland: Gland, x: number, y: number): number {
  const angle = Math.atan2(y - gland.y, x - gland.x);
  return Math.hypot(y - gland.y, x - gland.x) - radiusAt(gland, angle);
}

/** How likely a lymphocyte stays at a place: none in most, many in a few. */
function clusters(random: RandomStream, sideMicrons: number, lymphocytes: number) {
  const size = Math.ceil(sideMicrons) + 1;
  const field = noiseField(size, CLUSTER_MICRONS, seedOf(random));
  return (x: number, y: number) => {
    const value = field[Math.floor(y) * size + Math.floor(x)] as number;
    return lymphocytes * (0.05 + 4 * Math.max(0, value - 0.15) ** 2);
  };
}

/** One nucleus per cell, in its lower half, its long axis towards the lumen. */
function placePalisade(crowd: Crowd, random: RandomStream, gland: Gland): void {
  const stratified = between(random, 0.06, 0.16);
  for (let cell = 0; cell < gland.cells; cell++) {
    const turn = (cell + 0.5 + between(random, -0.15, 0.15)) / gland.cells;
    const angle = turn * 2 * Math.PI;
    const height = Math.min(25, gland.thickness);
    const depth = height * (0.3 + stratified * random.normal());
    const radius = radiusAt(gland, angle) - Math.min(0.75 * height, Math.max(4, depth));
    crowd.add({
      kind: 'epithelial',
      x: gland.x + radius * Math.cos(angle),
      y: gland.y + radius * Math.sin(angle),
      angle: angle + 0.18 * random.normal(),
      long: between(random, 3.8, 5.6),
      short: between(random, 2.1, 2.9),
      strength: between(random, 0.75, 1.15),
    });
  }
}

type Place = { readonly x: number; readonly y: number };

function fibroblast(random: RandomStream, place: Place, directions: FibreDirections): Nucleus {
  return {
    kind: 'fibroblast',
    ...place,
    angle: directions(place.x, place.y) + 0.2 * random.normal(),
    long: between(random, 3.5, 7.5),
    short: between(random, 0.9, 1.9),
    strength: between(random, 0.8, 1.3),
  };
}

function lymphocyte(random: RandomStream, place: Place): Nucleus {
  const radius = between(random, 2.5, 3.4);
  return {
    kind: 'lymphocyte',
    ...place,
    angle: between(random, 0, Math.PI),
    long: radius * between(random, 1, 1.2),
    short: radius,
    strength: between(random, 1.15, 1.6),
  };
}

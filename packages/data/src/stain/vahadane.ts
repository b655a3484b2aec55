import { macenkoVectors } from './macenko.js';
import { type Separation, type Unmix } from './separation.js';
import { combine, dot, hematoxylinFirst, type StainVectors, unit, type Vector } from './vectors.js';

/** What amounts of stain cost while the colours are learned; Vahadane's lambda, as StainTools has it. */
const LEARNING_PENALTY = 0.1;

/** The same when an image's amounts are found. */
const UNMIXING_PENALTY = 0.01;

/** More pixels do not move the vectors by a tenth of a degree, and every patch of every batch goes here. */
const MOST_PIXELS = 4096;

/** Ends when no number of the vectors moves by more, or after so many rounds. */
const TOLERANCE = 1e-7;
const MOST_ROUNDS = 400;

/**
 * Stains by sparse non-negative matrix factorisation: Vahadane et al., "Structure-preserving color
 * normalization and sparse stain separation for histological images", 2016. Amounts and colours are found
 * in turn, from Macenko's vectors on, so that nothing is random.
 */
export const vahadane: Separation = {
  estimate: vahadaneVectors,
  unmixer: (vectors) => sparseAmounts(vectors, UNMIXING_PENALTY),
};

/**
 * @param densities [pixels, 3]; of many pixels every n-th is used
 * @returns unit vectors without negative numbers; undefined where all of the tissue has one colour
 */
export function vahadaneVectors(densities: Float64Array): StainVectors | undefined {
  const start = macenkoVectors(densities);
  if (start === undefined) return undefined;
  const pixels = evenly(densities);
  let vectors: StainVectors = [positive(start[0]), positive(start[1])];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = improved(vectors, pixels);
    // A stain that no pixel has any amount of.
    if (next === undefined) return undefined;
    const moved = Math.max(
      ...next.flatMap((vector, s) => vector.map((x, k) => Math.abs(x - (vectors[s]?.[k] ?? 0)))),
    );
    vectors = next;
    if (moved < TOLERANCE) break;
  }
  return hematoxylinFirst(unit(vectors[0]), unit(vectors[1]));
}

function evenly(densities: Float64Array): Vector[] {
  const count = densities.length / 3;
  const every = Math.max(1, Math.ceil(count / MOST_PIXELS));
  return Array.from({ length: Math.ceil(count / every) }, (_, i) => {
    const at = 3 * i * every;
    return [densities[at] as number, densities[at + 1] as number, densities[at + 2] as number];
  });
}

/** Unit length, for at the optimum of a penalty on amounts colours have the greatest length allowed. */
function positive([red, green, blue]: Vector): Vector {
  return unit([Math.max(red, 1e-6), Math.max(green, 1e-6), Math.max(blue, 1e-6)]);
}

/** One round: the best amounts for the colours, then each colour for the amounts (Mairal et al. 2010). */
function improved(vectors: StainVectors, pixels: readonly Vector[]): StainVectors | undefined {
  const unmix = sparseAmounts(vectors, LEARNING_PENALTY);
  let [aa, ab, bb] = [0, 0, 0];
  let [sumA, sumB]: Vector[] = [
    [0, 0, 0],
    [0, 0, 0],
  ] as [Vector, Vector];
  for (const pixel of pixels) {
    const [a, b] = unmix(pixel);
    aa += a * a;
    ab += a * b;
    bb += b * b;
    sumA = combine(sumA as Vector, 1, pixel, a);
    sumB = combine(sumB as Vector, 1, pixel, b);
  }
  if (aa === 0 || bb === 0) return undefined;
  const first = positive(combine(sumA as Vector, 1 / aa, vectors[1], -ab / aa));
  return [first, positive(combine(sumB as Vector, 1 / bb, first, -ab / bb))];
}

/**
 * The amounts x, y of at least 0 for which |density - x a - y b|^2 / 2 + penalty (x + y) is least. With two
 * stains the non-negative lasso has three cases, so that it is solved exactly.
 */
export function sparseAmounts([a, b]: StainVectors, penalty: number): Unmix {
  const [aa, ab, bb] = [dot(a, a), dot(a, b), dot(b, b)];
  const determinant = aa * bb - ab * ab;
  return (density) => {
    const [forA, forB] = [dot(a, density) - penalty, dot(b, density) - penalty];
    const x = (forA * bb - forB * ab) / determinant;
    const y = (forB * aa - forA * ab) / determinant;
    if (x >= 0 && y >= 0) return [x, y];
    const [onlyA, onlyB] = [Math.max(0, forA / aa), Math.max(0, forB / bb)];
    // What each alone lowers the sum by, times two.
    return forA * onlyA >= forB * onlyB ? [onlyA, 0] : [0, onlyB];
  };
}

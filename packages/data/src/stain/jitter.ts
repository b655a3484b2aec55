import type { RandomStream, RgbImage } from '@mmsr/core';
import { inverse } from './lab.js';
import { labStatistics, moveStatistics } from './reinhard.js';
import { densityOf, type Separation, stainsOf } from './separation.js';
import { combine, dot, type Vector } from './vectors.js';

/** For each stain: its amount is multiplied by 1 + scale, then shift is added. */
export interface StainShift {
  readonly scale: number;
  readonly shift: number;
}

/** What a stain's amount is changed by: both evenly from -sigma to sigma. Always three, for three stains. */
export function drawShifts(sigma: number, random: RandomStream): readonly StainShift[] {
  const draw = () => sigma * (2 * random.uniform() - 1);
  return [0, 1, 2].map(() => ({ scale: draw(), shift: draw() }));
}

/** Unit amounts of hematoxylin, eosin and DAB: Ruifrok and Johnston 2001, as scikit-image's rgb_from_hed. */
const HED: readonly [Vector, Vector, Vector] = [
  [0.65, 0.7, 0.29],
  [0.07, 0.99, 0.11],
  [0.27, 0.57, 0.78],
];

/** Row k gives red, green and blue's part in stain k. */
const TO_HED = transposed(inverse(HED));

function transposed([a, b, c]: readonly [Vector, Vector, Vector]): readonly [
  Vector,
  Vector,
  Vector,
] {
  const column = (k: 0 | 1 | 2): Vector => [a[k], b[k], c[k]];
  return [column(0), column(1), column(2)];
}

/** Optical density against white, as scikit-image has it; of black that of level 1. */
const WHITE_DENSITIES = Float64Array.from(
  { length: 256 },
  (_, level) => -Math.log(Math.max(1, level) / 255),
);

/**
 * Jitter in the fixed colours of hematoxylin, eosin and DAB, after Tellez et al. 2018, "Whole-slide mitosis
 * detection in H&E breast histology using PHH3 as a reference": amount * (1 + scale) + shift. Amounts are
 * optical densities to the base e; Tellez's were logarithms of (value + 2), about a third of these.
 */
export function jitterHed(shifts: readonly StainShift[]): (image: RgbImage) => RgbImage {
  return changeAmounts(
    (data, at) => {
      const density: Vector = [
        WHITE_DENSITIES[data[at] as number] as number,
        WHITE_DENSITIES[data[at + 1] as number] as number,
        WHITE_DENSITIES[data[at + 2] as number] as number,
      ];
      return [dot(TO_HED[0], density), dot(TO_HED[1], density), dot(TO_HED[2], density)];
    },
    HED,
    shifts,
  );
}

/** Jitter of the amounts of the image's own two stains; undefined where those cannot be told. */
export function jitterStains(
  image: RgbImage,
  separation: Separation,
  shifts: readonly StainShift[],
): ((image: RgbImage) => RgbImage) | undefined {
  const vectors = stainsOf(image, separation);
  if (vectors === undefined) return undefined;
  const unmix = separation.unmixer(vectors);
  return changeAmounts((data, at) => unmix(densityOf(data, at)), vectors, shifts);
}

/** Jitter of the means and deviations of L*, a* and b*, both in shares of the deviation. */
export function jitterLab(
  image: RgbImage,
  shifts: readonly StainShift[],
): ((image: RgbImage) => RgbImage) | undefined {
  const from = labStatistics(image);
  if (from === undefined) return undefined;
  const { means, deviations } = from;
  const shift = (k: number) => shifts[k] as StainShift;
  return moveStatistics(from, {
    means: means.map((mean, k) => mean + shift(k).shift * (deviations[k] as number)),
    deviations: deviations.map((deviation, k) => deviation * (1 + shift(k).scale)),
  });
}

/**
 * Only what is added of each stain is let through the light: what of a colour is no stain stays, and
 * without a shift the image is unchanged.
 */
function changeAmounts(
  amountsOf: (data: Uint8Array, at: number) => readonly number[],
  vectors: readonly Vector[],
  shifts: readonly StainShift[],
): (image: RgbImage) => RgbImage {
  return (image) => {
    const data = new Uint8ClampedArray(image.data.length);
    for (let i = 0; i < data.length; i += 3) {
      const amounts = amountsOf(image.data, i);
      let density: Vector = [0, 0, 0];
      for (let s = 0; s < amounts.length; s++) {
        const { scale, shift } = shifts[s] as StainShift;
        const added = scale * (amounts[s] as number) + shift;
        density = combine(density, 1, vectors[s] as Vector, added);
      }
      data[i] = (image.data[i] as number) * Math.exp(-density[0]);
      data[i + 1] = (image.data[i + 1] as number) * Math.exp(-density[1]);
      data[i + 2] = (image.data[i + 2] as number) * Math.exp(-density[2]);
    }
    return { ...image, data: new Uint8Array(data.buffer) };
  };
}

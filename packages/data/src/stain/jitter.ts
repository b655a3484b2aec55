import type { RandomStream, RgbImage } from '@mmsr/core';
import { inverse } from './lab.js';
import { labStatistics, moveStatistics } from './reinhard.js';
import { densityOf, type Separation, stainsOf } from './separation.js';
import { dot, type Vector } from './vectors.js';

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

function transposed([a, b, c]: readonly [Vector, Vector, Vector]): readonly Vector[] {
  return ([0, 1, 2] as const).map((k) => [a[k], b[k], c[k]] as const);
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
      const density = [0, 1, 2].map((k) => WHITE_DENSITIES[data[at + k] as number]);
      return TO_HED.map((row) => dot(row, density as unknown as Vector));
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
      const added = amountsOf(image.data, i).map((amount, s) => {
        const { scale, shift } = shifts[s] as StainShift;
        return scale * amount + shift;
      });
      for (let k = 0; k < 3; k++) {
        const density = added.reduce((sum, one, s) => sum + one * (vectors[s]?.[k] as number), 0);
        data[i + k] = (image.data[i + k] as number) * Math.exp(-density);
      }
    }
    return { ...image, data: new Uint8Array(data.buffer) };
  };
}

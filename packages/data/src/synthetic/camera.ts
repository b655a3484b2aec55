import type { RandomStream, RgbImage } from '@mmsr/core';
import { hash } from './noise.js';
import { between, seedOf, type Stains } from './tissue.js';

/**
 * Optical densities of hematoxylin and eosin in red, green and blue. Source: the reference vectors of
 * Macenko et al., "A method for normalizing histology slides for quantitative analysis", ISBI 2009.
 */
const HEMATOXYLIN = [0.5626, 0.7201, 0.4062] as const;
const EOSIN = [0.2159, 0.8012, 0.5581] as const;

/** The blur of the objective, a Gaussian's standard deviation. */
const BLUR_MICRONS = 0.26;

/** How one laboratory stains and one scanner sees. */
export interface Staining {
  readonly hematoxylin: readonly number[];
  readonly eosin: readonly number[];
  /** 8-bit red, green and blue of empty glass. */
  readonly glass: readonly number[];
}

/** @param variation 0: always the same, 1: as much as laboratories differ */
export function drawStaining(random: RandomStream, variation: number): Staining {
  const vary = (share: number) => 1 + variation * between(random, -share, share);
  const [blueAmount, pinkAmount] = [vary(0.35), vary(0.35)];
  return {
    hematoxylin: HEMATOXYLIN.map((density) => 1.25 * density * blueAmount * vary(0.12)),
    eosin: EOSIN.map((density) => 1.1 * density * pinkAmount * vary(0.15)),
    glass: [243, 241, 244].map((level) => Math.min(252, level * vary(0.03))),
  };
}

/** Light through the stained tissue (Beer and Lambert), blurred, with the sensor's noise, in 8 bits. */
export function photograph(
  stains: Stains,
  staining: Staining,
  noise: number,
  random: RandomStream,
): RgbImage {
  const { sizePx, pxPerMicron } = stains;
  const data = new Uint8ClampedArray(sizePx * sizePx * 3);
  const kernel = gaussian(BLUR_MICRONS * pxPerMicron);
  const seed = seedOf(random);
  for (let channel = 0; channel < 3; channel++) {
    const light = blur(transmitted(stains, staining, channel), sizePx, kernel);
    for (let i = 0; i < light.length; i++) {
      data[i * 3 + channel] = (light[i] as number) + noise * deviate(hash(i, channel, seed));
    }
  }
  return { widthPx: sizePx, heightPx: sizePx, data: new Uint8Array(data.buffer) };
}

function transmitted({ hematoxylin, eosin }: Stains, staining: Staining, channel: number) {
  const glass = staining.glass[channel] as number;
  const blue = staining.hematoxylin[channel] as number;
  const pink = staining.eosin[channel] as number;
  const light = new Float32Array(eosin.length);
  for (let i = 0; i < light.length; i++) {
    light[i] = glass * Math.exp(-blue * (hematoxylin[i] as number) - pink * (eosin[i] as number));
  }
  return light;
}

/** The sum of four random bytes, scaled to a standard deviation of 1: as good as normal to the eye. */
function deviate(bits: number): number {
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return (sum - 510) / 147.8;
}

function gaussian(sigmaPx: number): Float32Array {
  const radius = Math.ceil(2.5 * sigmaPx);
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigmaPx ** 2)),
  );
  const sum = kernel.reduce((total, value) => total + value, 0);
  return kernel.map((value) => value / sum);
}

function blur(plane: Float32Array, sizePx: number, kernel: Float32Array): Float32Array {
  return blurColumns(blurRows(plane, sizePx, kernel), sizePx, kernel);
}

function blurRows(plane: Float32Array, sizePx: number, kernel: Float32Array): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const result = new Float32Array(plane.length);
  for (let y = 0; y < sizePx; y++) {
    for (let x = 0; x < sizePx; x++) {
      let sum = 0;
      for (let tap = -radius; tap <= radius; tap++) {
        const from = Math.min(sizePx - 1, Math.max(0, x + tap));
        sum += (kernel[tap + radius] as number) * (plane[y * sizePx + from] as number);
      }
      result[y * sizePx + x] = sum;
    }
  }
  return result;
}

function blurColumns(plane: Float32Array, sizePx: number, kernel: Float32Array): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const result = new Float32Array(plane.length);
  for (let y = 0; y < sizePx; y++) {
    for (let tap = -radius; tap <= radius; tap++) {
      const from = Math.min(sizePx - 1, Math.max(0, y + tap)) * sizePx;
      const weight = kernel[tap + radius] as number;
      for (let x = 0; x < sizePx; x++) {
        const i = y * sizePx + x;
        result[i] = (result[i] as number) + weight * (plane[from + x] as number);
      }
    }
  }
  return result;
}

import type { RandomStream } from '@mmsr/core';
import type { Levels } from './convolve.js';

export interface Noise {
  /** Standard deviation of the sensor's noise, in grey levels, whatever the light. */
  readonly sensorLevels: number;
  /** Shot noise: its variance at grey level v is shot^2 * v. */
  readonly shot: number;
  /** The same in red, green and blue. */
  readonly isGrey: boolean;
}

/**
 * Adds shot noise, which follows the light, and the sensor's own noise. Shot noise is
 * `shot * (Poisson(v) - v)`: Real-ESRGAN's Poisson noise with the number of levels fixed at 255. Grey noise
 * counts the light of the mean of the three channels.
 */
export function addNoise(image: Levels, noise: Noise, random: RandomStream): Levels {
  const data = image.data.slice();
  for (let pixel = 0; pixel < data.length; pixel += 3) {
    if (noise.isGrey) {
      const [red, green, blue] = data.subarray(pixel, pixel + 3) as unknown as readonly number[];
      const mean = ((red as number) + (green as number) + (blue as number)) / 3;
      const shift = draw(mean, noise, random);
      for (let i = pixel; i < pixel + 3; i++) data[i] = (data[i] as number) + shift;
    } else {
      for (let i = pixel; i < pixel + 3; i++) {
        data[i] = (data[i] as number) + draw(data[i] as number, noise, random);
      }
    }
  }
  return { ...image, data };
}

function draw(level: number, { sensorLevels, shot }: Noise, random: RandomStream): number {
  const light = Math.min(255, Math.max(0, level));
  const shotNoise = shot === 0 ? 0 : shot * (poisson(light, random) - light);
  return shotNoise + (sensorLevels === 0 ? 0 : sensorLevels * random.normal());
}

/** Below it counting arrivals is quick enough, and the rejection method is not exact. */
const FEW = 10;

/** A Poisson deviate. @param mean from 0 to a few hundred */
export function poisson(mean: number, random: RandomStream): number {
  return mean < FEW ? countArrivals(mean, random) : rejectTransformed(mean, random);
}

/** Knuth: arrivals until their waiting times add up to 1. */
function countArrivals(mean: number, random: RandomStream): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

/** Logarithms of factorials, each from the one before. */
const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let k = logFactorials.length; k <= n; k++) {
    logFactorials.push((logFactorials[k - 1] as number) + Math.log(k));
  }
  return logFactorials[n] as number;
}

/**
 * Exact for means of at least 10: Hoermann 1993, "The transformed rejection method for generating Poisson
 * random variables", algorithm PTRS.
 */
function rejectTransformed(mean: number, random: RandomStream): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const accepted = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const distance = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / distance + b) * u + mean + 0.43);
    if (distance >= 0.07 && v <= accepted) return count;
    if (count < 0 || distance <= 0 || (distance < 0.013 && v > distance)) continue;
    const bound = Math.log((v * inverseAlpha) / (a / (distance * distance) + b));
    if (bound <= count * Math.log(mean) - mean - logFactorial(count)) return count;
  }
}

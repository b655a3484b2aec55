import type { RandomStream } from '@mmsr/core';

/** Concentrations of the two stains at each pixel, and how large a pixel is. */
export interface Stains {
  readonly sizePx: number;
  readonly pxPerMicron: number;
  readonly hematoxylin: Float32Array;
  readonly eosin: Float32Array;
}

/** A gland cut across: a ring of columnar cells round a lumen. Lengths in microns. */
export interface Gland {
  readonly x: number;
  readonly y: number;
  /** Outer radius by angle, at equal steps of a full turn. */
  readonly radii: Float32Array;
  readonly largestRadius: number;
  /** Height of the cells. */
  readonly thickness: number;
  readonly cells: number;
  /** Share of goblet cells. */
  readonly mucin: number;
}

export type NucleusKind = 'epithelial' | 'fibroblast' | 'lymphocyte';

/** An ellipse with semi-axes in microns, the long one at `angle`. */
export interface Nucleus {
  readonly kind: NucleusKind;
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly long: number;
  readonly short: number;
  /** How much hematoxylin it took, about 1. */
  readonly strength: number;
}

/** What is drawn on one slide. */
export interface TissueOptions {
  readonly sizePx: number;
  /** Native objective power; a pixel is 10 / magnification microns. */
  readonly magnification: number;
  /** Share of the area that glands take, 0..1, as far as they fit. */
  readonly glands: number;
  /** How densely lymphocytes infiltrate the stroma, 0..1. */
  readonly lymphocytes: number;
  /** How much colour differs between slides, 0..1. */
  readonly stainVariation: number;
  /** Standard deviation of the sensor's noise in 8-bit levels. */
  readonly noise: number;
}

/** Random numbers for one purpose of one slide. */
export type RandomOf = (purpose: string) => RandomStream;

export function between(random: RandomStream, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A seed for the noise fields. */
export function seedOf(random: RandomStream): number {
  return random.integer(0x100000000);
}

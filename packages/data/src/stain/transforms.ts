import type { Experiment, RandomStream, RgbImage } from '@mmsr/core';
import { drawShifts, jitterHed, jitterLab, jitterStains } from './jitter.js';
import { labStatistics, type LabStatistics, moveStatistics } from './reinhard.js';
import { macenko, restain, type Separation, type Staining, stainingOf } from './separation.js';
import { vahadane } from './vahadane.js';

/** A transform as the experiment has it. */
export type TransformOptions = Experiment['data']['train']['transforms'][number];

type Normalize = Extract<TransformOptions, { readonly name: 'stain-normalize' }>;
type Jitter = Extract<TransformOptions, { readonly name: 'stain-jitter' }>;

/** What a reference image is like. */
export type Target =
  | { readonly method: 'macenko' | 'vahadane'; readonly staining: Staining }
  | { readonly method: 'reinhard'; readonly statistics: LabStatistics };

/** A transform ready for any thread: plain data. */
export type StainTransform = { readonly name: 'stain-normalize'; readonly target: Target } | Jitter;

type PixelChange = (image: RgbImage) => RgbImage;

const SEPARATIONS: Readonly<Record<'macenko' | 'vahadane', Separation>> = { macenko, vahadane };

/** What a reference is like; undefined where it has too little tissue, or tissue of one colour. */
export function targetOf(reference: RgbImage, method: Normalize['method']): Target | undefined {
  if (method === 'reinhard') {
    const statistics = labStatistics(reference);
    return statistics && { method, statistics };
  }
  const staining = stainingOf(reference, SEPARATIONS[method]);
  return staining && { method, staining };
}

/** A pair before or after its transforms; LR is there where the source holds real pairs. */
interface Pair {
  readonly hr: RgbImage;
  readonly lr?: RgbImage | undefined;
}

/**
 * Applies transforms in their order. What one does follows from the HR image and the random stream alone
 * and is done to every pixel by itself, so that HR and LR get the same. An image whose stains cannot be
 * told stays as it is.
 */
export function applyTransforms(
  transforms: readonly StainTransform[],
  pair: Pair,
  random: RandomStream,
): Pair {
  return transforms.reduce(({ hr, lr }, transform) => {
    const change = changeFor(transform, hr, random);
    if (change === undefined) return { hr, lr };
    return { hr: change(hr), lr: lr && change(lr) };
  }, pair);
}

function changeFor(
  transform: StainTransform,
  hr: RgbImage,
  random: RandomStream,
): PixelChange | undefined {
  return transform.name === 'stain-normalize'
    ? normalization(transform.target, hr)
    : jitter(transform, hr, random);
}

function normalization(target: Target, hr: RgbImage): PixelChange | undefined {
  if (target.method === 'reinhard') {
    const from = labStatistics(hr);
    return from && moveStatistics(from, target.statistics);
  }
  const separation = SEPARATIONS[target.method];
  const from = stainingOf(hr, separation);
  return from && restain(from, target.staining, separation);
}

function jitter({ method, sigma }: Jitter, hr: RgbImage, random: RandomStream) {
  // Drawn whether or not the image has stains, so that the next transform does not depend on it.
  const shifts = drawShifts(sigma, random);
  if (method === 'hed') return jitterHed(shifts);
  if (method === 'reinhard') return jitterLab(hr, shifts);
  return jitterStains(hr, SEPARATIONS[method], shifts);
}

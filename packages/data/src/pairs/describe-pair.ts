import { createHash } from 'node:crypto';
import { MmsrError, type Region, type SourceImage } from '@mmsr/core';
import type { ImagesSource } from '../images/images-source.js';
import { estimateShift } from './estimate-shift.js';
import { validRegion } from './moved-pixels.js';

/** A pair as patches are taken from it; structured-cloneable. */
export interface Pair {
  /** The HR image, of the size that both have pixels for. */
  readonly image: SourceImage;
  /** Place in the HR and LR files. */
  readonly index: number;
  /** Where in the LR image its part begins, in LR pixels. */
  readonly lrOffset: { readonly x: number; readonly y: number };
  /** How far the LR image lies beside the HR image, in LR pixels. */
  readonly distancePx: number;
}

/** Labels and resolutions may be rounded. */
const TOLERANCE = 0.02;

/** Sizes, magnifications and resolutions that do not go with the scale. */
export function pairProblems(hr: SourceImage, lr: SourceImage, scale: number): MmsrError[] {
  const where = `${hr.id} and ${lr.id}`;
  const problems: MmsrError[] = [];
  if (hr.widthPx !== lr.widthPx * scale || hr.heightPx !== lr.heightPx * scale) {
    const message =
      `the HR image has ${hr.widthPx}x${hr.heightPx} pixels, the LR image ${lr.widthPx}x${lr.heightPx}; ` +
      `at scale ${scale} the HR image of it has ${lr.widthPx * scale}x${lr.heightPx * scale}`;
    const advice = 'Crop both to the same field, or correct `scale`.';
    problems.push(new MmsrError('E_DATA', message, { where, advice }));
  }
  problems.push(
    ...ratioProblem('magnification', 'x', hr.magnification, lr.magnification, scale, where),
    ...ratioProblem(
      'resolution',
      ' microns per pixel',
      hr.micronsPerPixel,
      lr.micronsPerPixel,
      1 / scale,
      where,
    ),
  );
  return problems;
}

function ratioProblem(
  name: string,
  unit: string,
  hr: number | undefined,
  lr: number | undefined,
  ratio: number,
  where: string,
): MmsrError[] {
  if (hr === undefined || lr === undefined) return [];
  if (Math.abs(hr / lr / ratio - 1) <= TOLERANCE) return [];
  const expected = Number((hr / ratio).toPrecision(4));
  return [
    new MmsrError(
      'E_DATA',
      `the ${name} of the HR image is ${hr}${unit}, that of the LR image ${lr}${unit}, not ${expected}${unit}`,
      { where, advice: 'Correct `scale`, or what is stated of the two.' },
    ),
  ];
}

/**
 * Estimates how the LR image lies, and what is left of the pair when it is moved back.
 * @throws MmsrError E_DATA naming the pair when it is too small, or nothing is left
 */
export async function describePair(
  hr: ImagesSource,
  lr: ImagesSource,
  index: number,
  scale: number,
  isCorrected: boolean,
): Promise<Pair> {
  const [hrImage, lrImage] = [hr.images[index] as SourceImage, lr.images[index] as SourceImage];
  const where = `${hrImage.id} and ${lrImage.id}`;
  const native =
    (source: ImagesSource, { magnification }: SourceImage) =>
    async (region: Region) =>
      (await source.read(index, magnification, region)).hr;
  const shift = await estimateShift(lrImage, scale, native(lr, lrImage), native(hr, hrImage)).catch(
    (error: unknown) => {
      if (!(error instanceof MmsrError) || error.where !== undefined) throw error;
      throw new MmsrError(error.code, error.message, { where, advice: error.advice });
    },
  );
  const { widthPx, heightPx } = lrImage;
  const part = isCorrected
    ? validRegion(widthPx, heightPx, shift)
    : { x: 0, y: 0, width: widthPx, height: heightPx };
  const registration = { shiftXPx: shift.xPx, shiftYPx: shift.yPx, isCorrected };
  return {
    image: {
      ...hrImage,
      widthPx: part.width * scale,
      heightPx: part.height * scale,
      gridPx: scale,
      registration,
      digest: digestOfBoth(hrImage, lrImage),
    },
    index,
    lrOffset: { x: part.x, y: part.y },
    distancePx: Math.hypot(shift.xPx, shift.yPx),
  };
}

function digestOfBoth(hr: SourceImage, lr: SourceImage): string {
  return createHash('sha256').update(`${hr.digest} ${lr.digest}`).digest('hex');
}

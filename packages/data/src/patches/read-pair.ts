import {
  type Degradation,
  messageOf,
  MmsrError,
  type RandomStream,
  type RgbImage,
  type Source,
} from '@mmsr/core';
import { applyTransforms, type StainTransform } from '../stain/transforms.js';
import { orient, type Orientation } from './orientation.js';
import type { PatchPlace } from './patch-sampler.js';

export interface PatchPair {
  readonly hr: RgbImage;
  readonly lr: RgbImage;
}

export interface PatchMaker {
  readonly source: Source;
  readonly degradation: Degradation;
  /** Side of the HR patch, a multiple of the scale. */
  readonly patchPx: number;
  readonly scale: number;
  /** What is done to the colours; by default nothing. */
  readonly transforms?: readonly StainTransform[];
}

const AS_IT_IS: Orientation = { isFlipped: false, quarterTurns: 0 };

/**
 * Reads a patch and makes its LR image, or takes the LR image of a source that holds real pairs. The HR
 * patch is turned and its colours are changed before it is degraded; of a real pair both are.
 * @throws MmsrError naming image, magnification and place
 */
export async function readPair(
  { source, degradation, patchPx, scale, transforms = [] }: PatchMaker,
  place: PatchPlace,
  random: RandomStream,
  orientation: Orientation = AS_IT_IS,
  stainRandom: RandomStream = random,
): Promise<PatchPair> {
  const { image, magnification, x, y } = place;
  try {
    const region = { x, y, width: patchPx, height: patchPx };
    const read = await source.read(image, magnification, region);
    assertSize(read.hr, patchPx, 'HR');
    const turned = {
      hr: orient(read.hr, orientation),
      lr: read.lr && oriented(read.lr, patchPx / scale, orientation),
    };
    const pair = applyTransforms(transforms, turned, stainRandom);
    const { hr, lr = await degradation.degrade(hr, random) } = pair;
    assertSize(lr, patchPx / scale, 'LR');
    return { hr, lr };
  } catch (error) {
    throw placed(error, source, place);
  }
}

/** Its size is checked first: only a square can be turned. */
function oriented(image: RgbImage, sidePx: number, orientation: Orientation): RgbImage {
  assertSize(image, sidePx, 'LR');
  return orient(image, orientation);
}

function assertSize({ widthPx, heightPx, data }: RgbImage, sidePx: number, name: string): void {
  if (widthPx === sidePx && heightPx === sidePx && data.length === sidePx * sidePx * 3) return;
  throw new MmsrError(
    'E_DATA',
    `the ${name} patch is ${widthPx}x${heightPx} pixels in ${data.length} bytes, ` +
      `not ${sidePx}x${sidePx}`,
    { advice: 'The source or degradation plugin breaks its contract.' },
  );
}

function placed(error: unknown, source: Source, { image, magnification, x, y }: PatchPlace): Error {
  const where = `${source.images[image]?.id ?? `image ${image}`} at ${magnification}x, x ${x}, y ${y}`;
  if (!(error instanceof MmsrError)) {
    return new MmsrError('E_IMAGE', messageOf(error), { where, cause: error });
  }
  return new MmsrError(error.code, error.message, { where, advice: error.advice, cause: error });
}

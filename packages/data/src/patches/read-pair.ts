import {
  type Degradation,
  messageOf,
  MmsrError,
  type RandomStream,
  type RgbImage,
  type Source,
  type SourceImage,
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

/** The source could not give the pixels: what `onBadPatch` is about, unlike a fault of a plugin. */
export class UnreadablePatch extends MmsrError {}

const AS_IT_IS: Orientation = { isFlipped: false, quarterTurns: 0 };

/**
 * Reads a patch and makes its LR image, or takes the LR image of a source that holds real pairs. The HR
 * patch is turned and its colours are changed before it is degraded; of a real pair both are.
 * @throws MmsrError naming image, magnification and place; UnreadablePatch when the source failed
 */
export async function readPair(
  { source, degradation, patchPx, scale, transforms = [] }: PatchMaker,
  place: PatchPlace,
  random: RandomStream,
  orientation: Orientation = AS_IT_IS,
  stainRandom: RandomStream = random,
): Promise<PatchPair> {
  const read = await readPlace(source, place, patchPx);
  try {
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
    throw placed(MmsrError, error, source, place);
  }
}

async function readPlace(source: Source, place: PatchPlace, patchPx: number) {
  const { image, magnification, x, y } = place;
  try {
    return await source.read(image, magnification, { x, y, width: patchPx, height: patchPx });
  } catch (error) {
    throw placed(UnreadablePatch, error, source, place);
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

/** Such as `a.svs at 10x, x 40, y 7`: the top left corner, in pixels of the magnification. */
export function describePlace(
  images: readonly SourceImage[],
  { image, magnification, x, y }: PatchPlace,
): string {
  return `${images[image]?.id ?? `image ${image}`} at ${magnification}x, x ${x}, y ${y}`;
}

function placed(
  Kind: typeof MmsrError,
  error: unknown,
  source: Source,
  place: PatchPlace,
): MmsrError {
  const where = describePlace(source.images, place);
  if (!(error instanceof MmsrError)) {
    return new Kind('E_IMAGE', messageOf(error), { where, cause: error });
  }
  return new Kind(error.code, error.message, { where, advice: error.advice, cause: error });
}

import { randomStream, type SourceImage } from '@mmsr/core';
import { sizeAt } from '../shrink-native.js';
import { drawOrientation, type Orientation } from './orientation.js';
import { isUsedAt } from './used-at.js';

export interface SamplerOptions {
  readonly seed: number;
  readonly batchSize: number;
  /** Class k of a batch is the k-th of them. */
  readonly magnifications: readonly number[];
  /** Side of the HR patch. */
  readonly patchPx: number;
  readonly augment: { readonly flip: boolean; readonly rotate: boolean };
}

/** Where a patch lies: its top left corner, in pixels of the magnification. */
export interface PatchPlace {
  /** Index of the image in its source. */
  readonly image: number;
  readonly magnification: number;
  readonly x: number;
  readonly y: number;
}

export interface SampledPatch extends PatchPlace {
  readonly magnificationClass: number;
  readonly orientation: Orientation;
}

/** An image, and how many places a patch has in it at one magnification. */
interface Places {
  readonly image: number;
  readonly columns: number;
  /** From one place to the next. */
  readonly gridPx: number;
  /** Places in this image and in those before it. */
  readonly upTo: number;
}

/** The class of a slot: every batch has as many of each as divide, and all batches together exactly. */
export function classOf(batch: number, slot: number, batchSize: number, classes: number): number {
  return (batch * batchSize + slot) % classes;
}

/** Says which patch is in which slot of which batch: a pure function of the seed and the two. */
export class PatchSampler {
  readonly #places: readonly (readonly Places[])[];

  constructor(
    images: readonly SourceImage[],
    readonly options: SamplerOptions,
  ) {
    const { magnifications, patchPx } = options;
    this.#places = magnifications.map((magnification) => placesAt(images, magnification, patchPx));
  }

  /** Number of images that can hold a patch of a class. */
  imagesOf(magnificationClass: number): number {
    return this.#places[magnificationClass]?.length ?? 0;
  }

  /** Images count in proportion to the places a patch has in them, so every place is equally likely. */
  patch(batch: number, slot: number): SampledPatch {
    const { seed, batchSize, magnifications, augment } = this.options;
    const magnificationClass = classOf(batch, slot, batchSize, magnifications.length);
    const places = this.#places[magnificationClass] as readonly Places[];
    const random = randomStream(seed, 'patch', batch, slot);
    const place = random.integer((places.at(-1) as Places).upTo);
    const found = firstAbove(places, place);
    const { image, columns, gridPx } = places[found] as Places;
    const within = place - (places[found - 1]?.upTo ?? 0);
    return {
      image,
      magnification: magnifications[magnificationClass] as number,
      magnificationClass,
      x: (within % columns) * gridPx,
      y: Math.floor(within / columns) * gridPx,
      orientation: drawOrientation(random, augment),
    };
  }
}

function placesAt(
  images: readonly SourceImage[],
  magnification: number,
  patchPx: number,
): Places[] {
  let upTo = 0;
  return images.flatMap((image, index) => {
    if (!isUsedAt(image, magnification)) return [];
    const { widthPx, heightPx } = sizeAt(image, magnification);
    const { gridPx = 1 } = image;
    const columns = Math.floor((widthPx - patchPx) / gridPx) + 1;
    const rows = Math.floor((heightPx - patchPx) / gridPx) + 1;
    if (columns < 1 || rows < 1) return [];
    upTo += columns * rows;
    return [{ image: index, columns, gridPx, upTo }];
  });
}

/** Index of the first entry whose `upTo` is above the place. */
function firstAbove(places: readonly Places[], place: number): number {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as Places).upTo > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

import { type RandomStream, randomStream, type Source } from '@mmsr/core';
import { sizeAt } from '../shrink-native.js';
import { gridPlaces, hasGridPlace, isAccepted } from './grid-places.js';
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

/** What is asked of a source. */
export type PatchSource = Pick<Source, 'images' | 'accepts'>;

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

/** With a hundredth of the places accepted, half of the patches are found in so many draws. */
const DRAWS = 64;

/** The class of a slot: every batch has as many of each as divide, and all batches together exactly. */
export function classOf(batch: number, slot: number, batchSize: number, classes: number): number {
  return (batch * batchSize + slot) % classes;
}

/**
 * Says which patch is in which slot of which batch, and which takes its place when it cannot be read: a
 * pure function of the seed, the batch, the slot and the attempt.
 */
export class PatchSampler {
  readonly #places: readonly (readonly Places[])[];
  /** By class, patches side by side that the source accepts; made when it is needed. */
  readonly #grids = new Map<number, readonly PatchPlace[]>();

  constructor(
    private readonly source: PatchSource,
    readonly options: SamplerOptions,
  ) {
    const { magnifications, patchPx } = options;
    this.#places = magnifications.map((magnification) =>
      placesAt(source.images, magnification, patchPx),
    );
  }

  /** Number of images that can hold a patch of a class that the source accepts. */
  imagesOf(magnificationClass: number): number {
    const { magnifications, patchPx } = this.options;
    const magnification = magnifications[magnificationClass] as number;
    const places = this.#places[magnificationClass] ?? [];
    return places.filter(({ image }) => hasGridPlace(this.source, image, magnification, patchPx))
      .length;
  }

  /**
   * Images count in proportion to the places a patch has in them, so every place is equally likely; those
   * that the source does not accept are drawn again.
   * @param attempt 0 for the patch of the slot, above it for those that replace it
   */
  patch(batch: number, slot: number, attempt = 0): SampledPatch {
    const { seed, batchSize, magnifications, augment } = this.options;
    const magnificationClass = classOf(batch, slot, batchSize, magnifications.length);
    const purpose = attempt === 0 ? 'patch' : `patch, attempt ${attempt}`;
    const random = randomStream(seed, purpose, batch, slot);
    return {
      ...this.#draw(magnificationClass, random),
      magnificationClass,
      orientation: drawOrientation(random, augment),
    };
  }

  /** A place that was drawn in vain too often is taken from those side by side. */
  #draw(magnificationClass: number, random: RandomStream): PatchPlace {
    const { magnifications, patchPx } = this.options;
    const magnification = magnifications[magnificationClass] as number;
    const places = this.#places[magnificationClass] as readonly Places[];
    for (let draw = 0; draw < DRAWS; draw++) {
      const place = drawPlace(places, magnification, random);
      if (isAccepted(this.source, place, patchPx)) return place;
    }
    const grid =
      this.#grids.get(magnificationClass) ?? gridPlaces(this.source, magnification, patchPx).flat();
    this.#grids.set(magnificationClass, grid);
    return grid[random.integer(grid.length)] as PatchPlace;
  }
}

function drawPlace(
  places: readonly Places[],
  magnification: number,
  random: RandomStream,
): PatchPlace {
  const place = random.integer((places.at(-1) as Places).upTo);
  const found = firstAbove(places, place);
  const { image, columns, gridPx } = places[found] as Places;
  const within = place - (places[found - 1]?.upTo ?? 0);
  const [column, row] = [within % columns, Math.floor(within / columns)];
  return { image, magnification, x: column * gridPx, y: row * gridPx };
}

function placesAt(images: PatchSource['images'], magnification: number, patchPx: number): Places[] {
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

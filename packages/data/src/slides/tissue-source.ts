import type { Region, RgbImage, Source, SourceImage } from '@mmsr/core';
import { findTissue } from './find-tissue.js';
import { TissueMap, type TissueMask } from './tissue.js';

/** Where the tissue of each image is, and how much of it a patch must show. */
export interface Tissue {
  readonly masks: readonly TissueMask[];
  /** In 0..1. */
  readonly minFraction: number;
}

/** What a loading thread gets. */
export interface HandedOverTissue {
  /** What the source itself hands over. */
  readonly inner: unknown;
  /** Undefined where patches are taken everywhere. */
  readonly tissue: Tissue | undefined;
}

export function handedOverTissue(handedOver: unknown): HandedOverTissue | undefined {
  return handedOver as HandedOverTissue | undefined;
}

/** A source of whose patches only those with enough tissue are taken. */
export class TissueSource implements Source {
  readonly images: readonly SourceImage[];
  readonly #maps: readonly TissueMap[];

  constructor(
    private readonly inner: Source,
    private readonly tissue: Tissue | undefined,
  ) {
    this.images = inner.images;
    this.#maps = (tissue?.masks ?? []).map((mask) => new TissueMap(mask));
  }

  read(index: number, magnification: number, region: Region): Promise<{ hr: RgbImage }> {
    return this.inner.read(index, magnification, region);
  }

  accepts(index: number, magnification: number, { x, y, width, height }: Region): boolean {
    if (this.tissue === undefined) return true;
    const factor = (this.images[index] as SourceImage).magnification / magnification;
    const native = { x: x * factor, y: y * factor, width: width * factor, height: height * factor };
    return (this.#maps[index] as TissueMap).fraction(native) >= this.tissue.minFraction;
  }

  handOver(): HandedOverTissue {
    return { inner: this.inner.handOver?.(), tissue: this.tissue };
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/**
 * Finds the tissue of every image.
 * @param minFraction the least part of a patch that is tissue, in 0..1; 0: patches are taken everywhere
 * @param signal ends it between two images; its reason is thrown
 */
export async function withTissue(
  source: Source,
  minFraction: number,
  signal?: AbortSignal,
): Promise<TissueSource> {
  if (minFraction === 0) return new TissueSource(source, undefined);
  try {
    const masks: TissueMask[] = [];
    for (const [index, image] of source.images.entries()) {
      signal?.throwIfAborted();
      const read = async (factor: number, region: Region) =>
        (await source.read(index, image.magnification / factor, region)).hr;
      masks.push(await findTissue(image, read));
    }
    return new TissueSource(source, { masks, minFraction });
  } catch (error) {
    await source.close();
    throw error;
  }
}

import { createRgbImage, type Region, type RgbImage } from '@mmsr/core';
import { decodeRgb } from './decode-rgb.js';
import { assertUnchanged } from './file-version.js';
import type { LoadedImage } from './load-image.js';

/** Where the native pixels of an image come from. */
export interface NativePixels {
  /** @param region in native pixels of the image, inside it */
  read(region: Region): Promise<RgbImage>;
}

/** The pixels of a region of an image in memory. */
export function crop(image: RgbImage, { x, y, width, height }: Region): RgbImage {
  const result = createRgbImage(width, height);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.widthPx + x) * 3;
    result.data.set(image.data.subarray(from, from + width * 3), row * width * 3);
  }
  return result;
}

/** A decoded image, possibly in memory that threads share. */
export class DecodedPixels implements NativePixels {
  constructor(private readonly image: RgbImage) {}

  read(region: Region): Promise<RgbImage> {
    return Promise.resolve(crop(this.image, region));
  }
}

const CACHED_BYTES = 64 * 2 ** 20;

/** Recently read regions of all files: validation reads the same ones again and again. */
export class RegionCache {
  readonly #images = new Map<string, RgbImage>();
  #bytes = 0;

  constructor(private readonly limitBytes = CACHED_BYTES) {}

  get(key: string): RgbImage | undefined {
    const image = this.#images.get(key);
    if (image === undefined) return undefined;
    // Last in a map's order is what was used last.
    this.#images.delete(key);
    this.#images.set(key, image);
    return image;
  }

  set(key: string, image: RgbImage): void {
    if (this.#images.has(key)) return;
    this.#images.set(key, image);
    this.#bytes += image.data.length;
    for (const [oldest, { data }] of this.#images) {
      if (this.#bytes <= this.limitBytes) break;
      this.#images.delete(oldest);
      this.#bytes -= data.length;
    }
  }
}

/**
 * An image that stays in its file and is decoded region by region, as long as the file is what it was when
 * it was checked.
 */
export class FilePixels implements NativePixels {
  constructor(
    private readonly loaded: Omit<LoadedImage, 'pixels'>,
    private readonly cache: RegionCache,
  ) {}

  async read({ x, y, width, height }: Region): Promise<RgbImage> {
    const { path, place } = this.loaded;
    const region = { x: place.x + x, y: place.y + y, width, height };
    const key = `${path} ${region.x} ${region.y} ${width} ${height}`;
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const image = await this.#decode(region);
    this.cache.set(key, image);
    return image;
  }

  async #decode(region: Region): Promise<RgbImage> {
    const { path, version, image, isTiff } = this.loaded;
    try {
      return await decodeRgb(path, region, image.id, isTiff);
    } finally {
      // After decoding: whatever was read by then is of the file that is looked at, or of an earlier one. A
      // change is also the better reason where the pixels could not be decoded.
      await assertUnchanged(path, version, image.id);
    }
  }
}

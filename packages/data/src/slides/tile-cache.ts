import { createRgbImage, type Region, type RgbImage } from '@mmsr/core';

/** Side of a tile in pixels of the magnification that is read: about that of a training patch. */
const TILE_PX = 128;
const TILE_BYTES = TILE_PX * TILE_PX * 3;
/** Regions of more than this part of the cache are read past it. */
const LARGEST_PART = 4;

interface Tile {
  readonly key: string;
  /** In pixels of the magnification. */
  readonly place: Region;
}

/**
 * Tiles of slides at the magnifications they are read at, in 8-bit RGB: those wanted last stay. A tile is read
 * as a whole when it is wanted for the second time among as many as the cache can hold; what is too large to be
 * found again is thus read region by region as without a cache.
 */
export class TileCache {
  /** A map is in the order of entry: the first was used longest ago. */
  readonly #tiles = new Map<string, RgbImage>();
  readonly #wantedOnce = new Set<string>();
  readonly #capacity: number;

  constructor(bytes: number) {
    this.#capacity = Math.floor(bytes / TILE_BYTES);
  }

  /**
   * Reads a region through the cache.
   * @param image a name of the slide and the magnification
   * @param size of the whole slide, in pixels of the magnification
   * @param region in the same pixels, inside the slide
   * @param read reads from the file; every pixel must be the same whatever region it is read with
   * @throws what `read` throws of the region itself
   */
  read(
    image: string,
    size: { readonly widthPx: number; readonly heightPx: number },
    region: Region,
    read: (region: Region) => RgbImage,
  ): RgbImage {
    const under = tilesUnder(image, size, region);
    if (under.length * LARGEST_PART > this.#capacity) return read(region);
    const result = createRgbImage(region.width, region.height);
    let isWhole = true;
    for (const tile of under) {
      const pixels = this.#find(tile, read);
      if (pixels === undefined) isWhole = false;
      else copyOverlap(pixels, tile.place, result, region);
    }
    return isWhole ? result : read(region);
  }

  #find({ key, place }: Tile, read: (region: Region) => RgbImage): RgbImage | undefined {
    const found = this.#tiles.get(key) ?? this.#readSecondTime(key, place, read);
    if (found === undefined) return undefined;
    this.#tiles.delete(key);
    this.#tiles.set(key, found);
    if (this.#tiles.size > this.#capacity) deleteFirst(this.#tiles);
    return found;
  }

  #readSecondTime(
    key: string,
    place: Region,
    read: (region: Region) => RgbImage,
  ): RgbImage | undefined {
    if (!this.#wantedOnce.delete(key)) {
      this.#wantedOnce.add(key);
      if (this.#wantedOnce.size > this.#capacity) deleteFirst(this.#wantedOnce);
      return undefined;
    }
    try {
      return read(place);
    } catch {
      // A fault beside the region is none of the region: that is read by itself and says so if it is.
      return undefined;
    }
  }
}

function deleteFirst(keys: Map<string, unknown> | Set<string>): void {
  const [first] = keys.keys();
  keys.delete(first as string);
}

function tilesUnder(
  image: string,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
  region: Region,
): Tile[] {
  const tiles: Tile[] = [];
  const start = (position: number) => position - (position % TILE_PX);
  for (let y = start(region.y); y < region.y + region.height; y += TILE_PX) {
    for (let x = start(region.x); x < region.x + region.width; x += TILE_PX) {
      const width = Math.min(TILE_PX, widthPx - x);
      const height = Math.min(TILE_PX, heightPx - y);
      tiles.push({ key: `${image} ${x} ${y}`, place: { x, y, width, height } });
    }
  }
  return tiles;
}

/** Copies the pixels that two places have in common. */
function copyOverlap(from: RgbImage, fromPlace: Region, to: RgbImage, toPlace: Region): void {
  const left = Math.max(fromPlace.x, toPlace.x);
  const right = Math.min(fromPlace.x + fromPlace.width, toPlace.x + toPlace.width);
  const top = Math.max(fromPlace.y, toPlace.y);
  const bottom = Math.min(fromPlace.y + fromPlace.height, toPlace.y + toPlace.height);
  const bytes = (right - left) * 3;
  const at = ({ x, y, width }: Region, row: number) => ((row - y) * width + left - x) * 3;
  for (let row = top; row < bottom; row++) {
    const start = at(fromPlace, row);
    to.data.set(from.data.subarray(start, start + bytes), at(toPlace, row));
  }
}

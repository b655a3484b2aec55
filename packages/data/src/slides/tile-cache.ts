import { createRgbImage, type Region, type RgbImage } from '@mmsr/core';

/** Side of a tile in pixels of the magnification that is read: about that of a training patch. */
const TILE_PX = 128;

interface Tile {
  readonly key: string;
  /** In pixels of the magnification. */
  readonly place: Region;
}

/**
 * Tiles of slides at the magnifications they are read at, in 8-bit RGB, until its memory is used up. None makes
 * room for another: patches are drawn from everywhere alike, so the last one is wanted no more than the first.
 */
export class TileCache {
  readonly #tiles = new Map<string, RgbImage>();
  #bytesLeft: number;

  constructor(bytes: number) {
    this.#bytesLeft = bytes;
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
    const result = createRgbImage(region.width, region.height);
    for (const tile of tilesUnder(image, size, region)) {
      const pixels = this.#tiles.get(tile.key) ?? this.#keep(tile, read);
      if (pixels === undefined) return read(region);
      copyOverlap(pixels, tile.place, result, region);
    }
    return result;
  }

  #keep({ key, place }: Tile, read: (region: Region) => RgbImage): RgbImage | undefined {
    const bytes = place.width * place.height * 3;
    if (bytes > this.#bytesLeft) return undefined;
    try {
      const pixels = read(place);
      this.#tiles.set(key, pixels);
      this.#bytesLeft -= bytes;
      return pixels;
    } catch {
      // A fault beside the region is none of the region: that is read by itself and says so if it is.
      return undefined;
    }
  }
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

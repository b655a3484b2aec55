import { createRgbImage, type Region, type RgbImage, shrinkRegion } from '@mmsr/core';

/*
 * OpenSlide gives premultiplied ARGB in the machine's order: as numbers of 32 bits, alpha in the highest byte on
 * every machine.
 */
const OPAQUE = 0xff;
/** Sums of so many rows and columns of 8-bit values still fit into 16 bits. */
const LARGEST_PACKED_FACTOR = 16;

/** A colour in 0..255. */
export type Rgb = readonly [number, number, number];

/** Pixels as OpenSlide gives them: rows from the top, [height, width]. */
export interface Argb {
  readonly pixels: Uint32Array;
  readonly width: number;
  readonly height: number;
}

/** Pixels on a background, as RGB. */
export function onBackground({ pixels, width, height }: Argb, background: Rgb): RgbImage {
  const image = createRgbImage(width, height);
  const { data } = image;
  const [red, green, blue] = background;
  for (let i = 0, to = 0; i < pixels.length; i++, to += 3) {
    const pixel = pixels[i] as number;
    data[to] = pixel >>> 16;
    data[to + 1] = pixel >>> 8;
    data[to + 2] = pixel;
    // Scanned pixels are opaque.
    const clear = OPAQUE - (pixel >>> 24);
    if (clear === 0) continue;
    data[to] = (data[to] as number) + Math.round((clear * red) / 255);
    data[to + 1] = (data[to + 1] as number) + Math.round((clear * green) / 255);
    data[to + 2] = (data[to + 2] as number) + Math.round((clear * blue) / 255);
  }
  return image;
}

/**
 * Puts pixels on a background and shrinks them by averaging areas.
 * @param argb the pixels of `coveredRegion(region, factor)`
 * @param factor input pixels per output pixel, any real number of at least 1
 * @param region in pixels of the shrunk image
 * @returns what shrinkRegion gives for `onBackground`
 */
export function shrinkOnBackground(
  argb: Argb,
  background: Rgb,
  factor: number,
  region: Region,
): RgbImage {
  const isPacked = Number.isInteger(factor) && factor > 1 && factor <= LARGEST_PACKED_FACTOR;
  const shrunk = isPacked ? shrinkOpaque(argb, factor, region) : undefined;
  return shrunk ?? shrinkRegion(onBackground(argb, background), factor, region);
}

/**
 * Means of whole squares without a detour by RGB, red and blue added as one number.
 * @returns undefined when a pixel is not opaque
 */
function shrinkOpaque(argb: Argb, factor: number, { width, height }: Region): RgbImage | undefined {
  const result = new Uint8ClampedArray(width * height * 3);
  const redBlue = new Uint32Array(width);
  const green = new Uint32Array(width);
  for (let y = 0, to = 0; y < height; y++) {
    redBlue.fill(0);
    green.fill(0);
    for (let row = y * factor; row < (y + 1) * factor; row++) {
      if (!addRow(redBlue, green, argb, row, factor)) return undefined;
    }
    for (let x = 0; x < width; x++, to += 3) {
      // A store into a clamped array rounds halves to even.
      result[to] = ((redBlue[x] as number) >>> 16) / (factor * factor);
      result[to + 1] = (green[x] as number) / (factor * factor);
      result[to + 2] = ((redBlue[x] as number) & 0xffff) / (factor * factor);
    }
  }
  return { widthPx: width, heightPx: height, data: new Uint8Array(result.buffer) };
}

/** @returns whether all pixels were opaque */
function addRow(
  redBlue: Uint32Array,
  green: Uint32Array,
  { pixels, width }: Argb,
  row: number,
  factor: number,
): boolean {
  let common = -1;
  for (let x = 0, from = row * width; x < redBlue.length; x++) {
    let sum = redBlue[x] as number;
    let greens = green[x] as number;
    for (let i = 0; i < factor; i++, from++) {
      const pixel = pixels[from] as number;
      common &= pixel;
      sum += pixel & 0xff00ff;
      greens += (pixel >>> 8) & 0xff;
    }
    redBlue[x] = sum;
    green[x] = greens;
  }
  return common >>> 24 === OPAQUE;
}

import {
  coveredRegion,
  MmsrError,
  type Region,
  type RgbImage,
  shrinkRegion,
  shrunkLength,
  type SourceImage,
} from '@mmsr/core';

/** Width and height of an image at a magnification of at most its own. */
export function sizeAt(
  { widthPx, heightPx, magnification: native }: SourceImage,
  magnification: number,
): { widthPx: number; heightPx: number } {
  const factor = native / magnification;
  return { widthPx: shrunkLength(widthPx, factor), heightPx: shrunkLength(heightPx, factor) };
}

/**
 * Reads a region at a magnification: the native pixels under it, averaged by area.
 * @param region in pixels of that magnification
 * @param readNative reads a region of native pixels
 * @throws MmsrError E_DATA when the region is not inside the image
 */
export async function readShrunk(
  image: SourceImage,
  magnification: number,
  region: Region,
  readNative: (region: Region) => Promise<RgbImage>,
): Promise<RgbImage> {
  assertInside(image, magnification, region);
  const factor = image.magnification / magnification;
  return shrinkRegion(await readNative(coveredRegion(region, factor)), factor, region);
}

/**
 * @param region in pixels of the magnification
 * @throws MmsrError E_DATA when the region is not inside the image
 */
export function assertInside(image: SourceImage, magnification: number, region: Region): void {
  const size = sizeAt(image, magnification);
  const { x, y, width, height } = region;
  const inside =
    magnification <= image.magnification &&
    Math.min(x, y) >= 0 &&
    x + width <= size.widthPx &&
    y + height <= size.heightPx;
  if (!inside) {
    throw new MmsrError(
      'E_DATA',
      `${width}x${height} pixels at ${x}, ${y} are not inside the image, ` +
        `which is ${size.widthPx}x${size.heightPx} at ${magnification}x`,
      { where: image.id },
    );
  }
}

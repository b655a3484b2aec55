import type { RgbImage } from '@mmsr/core';
import sharp from 'sharp';

/**
 * The image as it is after having been kept as JPEG, with the colours at half the resolution.
 * @param quality 1 to 100, a whole number
 */
export async function throughJpeg(
  { data, widthPx, heightPx }: RgbImage,
  quality: number,
): Promise<RgbImage> {
  const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
  const jpeg = await sharp(data, { raw }).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
  const decoded = await sharp(jpeg).toColourspace('srgb').raw().toBuffer();
  return { widthPx, heightPx, data: new Uint8Array(decoded) };
}

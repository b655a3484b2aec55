import { type RgbImage, writeDurably } from '@mmsr/core';
import sharp from 'sharp';

/**
 * Writes an image as PNG; the file is there as a whole or not at all.
 * @throws MmsrError E_FILE when the file cannot be written
 */
export async function writePng(path: string, { data, widthPx, heightPx }: RgbImage): Promise<void> {
  const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
  await writeDurably(path, await sharp(data, { raw }).png().toBuffer());
}

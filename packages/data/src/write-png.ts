import { messageOf, MmsrError, type RgbImage } from '@mmsr/core';
import sharp from 'sharp';

/**
 * Writes an image as PNG.
 * @throws MmsrError E_FILE when the file cannot be written
 */
export async function writePng(path: string, { data, widthPx, heightPx }: RgbImage): Promise<void> {
  const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
  try {
    await sharp(data, { raw }).png().toFile(path);
  } catch (error) {
    throw new MmsrError('E_FILE', `cannot be written: ${messageOf(error)}`, {
      where: path,
      cause: error,
    });
  }
}

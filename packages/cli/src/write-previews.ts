import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type OpenData, writeDurably } from '@mmsr/core';

/** Writes the pictures of all images into a folder, such as `train-01-slide.png`. */
export async function writePreviews(data: OpenData, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  let count = 0;
  for await (const { split, image, png } of data.previews?.() ?? []) {
    count++;
    const name = basename(image.id)
      .replace(/[^\w.-]+/g, '_')
      .slice(0, 80);
    const number = String(count).padStart(2, '0');
    await writeDurably(join(folder, `${split}-${number}-${name}.png`), png);
  }
}

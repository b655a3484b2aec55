import type { Source, SourceImage } from '@mmsr/core';
import sharp from 'sharp';
import type { PatchPlace } from '../patches/patch-sampler.js';
import { readThumbnail, thumbnailSize } from '../slides/read-thumbnail.js';

/** Long side of the picture, in pixels. */
const LONG_SIDE_PX = 1024;
const LEGEND_PX = 24;
/** Told apart by those who do not see all colours (Okabe and Ito, 2008); the legend says the number too. */
const COLORS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#000000'];

/**
 * Draws patches on a small picture of an image: a frame for each, in a colour for each magnification.
 * @param index the image's place in the source
 * @param magnifications in the order of the legend
 * @param places of this image
 * @returns a PNG file
 */
export async function drawPreview(
  source: Source,
  index: number,
  magnifications: readonly number[],
  places: readonly PatchPlace[],
  patchPx: number,
): Promise<Uint8Array> {
  const image = source.images[index] as SourceImage;
  const size = thumbnailSize(image, LONG_SIDE_PX);
  const { widthPx, heightPx, factor } = size;
  const { data } = await readThumbnail(
    size,
    async (by, region) => (await source.read(index, image.magnification / by, region)).hr,
  );
  const colorOf = (magnification: number) =>
    COLORS[magnifications.indexOf(magnification) % COLORS.length] as string;
  const frames = places.map(({ magnification, x, y }) => {
    // From pixels of the magnification to those of the picture.
    const scale = image.magnification / magnification / factor;
    const [left, top, side] = [x * scale, y * scale, patchPx * scale];
    return `<rect x="${left}" y="${top}" width="${side}" height="${side}" stroke="${colorOf(magnification)}"/>`;
  });
  const legend = magnifications.map((magnification, k) => {
    const count = places.filter((place) => place.magnification === magnification).length;
    const text = `${magnification}x: ${count}`;
    return `<text x="${6 + k * 110}" y="${heightPx + 17}" fill="${colorOf(magnification)}">${text}</text>`;
  });
  const drawing = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx + LEGEND_PX}">` +
      `<g fill="none" stroke-width="1.5">${frames.join('')}</g>` +
      `<g font-family="sans-serif" font-size="15">${legend.join('')}</g></svg>`,
  );
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .extend({ bottom: LEGEND_PX, background: '#ffffff' })
    .composite([{ input: drawing, left: 0, top: 0 }])
    .removeAlpha()
    .png()
    .toBuffer();
}

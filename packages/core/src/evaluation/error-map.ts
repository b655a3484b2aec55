import { createRgbImage, type RgbImage } from '../images/rgb-image.js';

/** Mean absolute difference over the channels, in levels of 255, from which on the map is at its brightest. */
export const ERROR_FULL_SCALE = 32;

/** From no error to the full scale: dark to bright, so that it reads without colour too. */
const RAMP: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
];

/** How far an image is from its original, pixel by pixel; the scale is the same for all images. */
export function errorMap(image: RgbImage, original: RgbImage): RgbImage {
  const { widthPx, heightPx } = original;
  const map = createRgbImage(widthPx, heightPx);
  for (let at = 0; at < map.data.length; at += 3) {
    let sum = 0;
    for (let channel = 0; channel < 3; channel++) {
      sum += Math.abs(
        (image.data[at + channel] as number) - (original.data[at + channel] as number),
      );
    }
    map.data.set(colorOf(sum / 3 / ERROR_FULL_SCALE), at);
  }
  return map;
}

/** @param share of the full scale; above 1 it is 1 */
function colorOf(share: number): number[] {
  const place = Math.min(1, share) * (RAMP.length - 1);
  const below = Math.min(RAMP.length - 2, Math.floor(place));
  const [from, to] = [RAMP[below], RAMP[below + 1]] as [readonly number[], readonly number[]];
  return from.map((value, i) => Math.round(value + (place - below) * ((to[i] as number) - value)));
}

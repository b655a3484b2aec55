import type { RgbImage } from '@mmsr/core';
import { drawStaining, photograph } from './camera.js';
import { drawGlands } from './draw-glands.js';
import { drawNuclei } from './draw-nuclei.js';
import { drawStroma } from './draw-stroma.js';
import { drawVessels } from './draw-vessels.js';
import { fibreDirections } from './fibre-directions.js';
import { noiseField, smoothStep } from './noise.js';
import { placeGlands } from './place-glands.js';
import { placeNuclei } from './place-nuclei.js';
import { type RandomOf, seedOf, type Stains, type TissueOptions } from './tissue.js';

/** A pixel at 1x, in microns: 0.5 at 20x. */
export const MICRONS_AT_1X = 10;

/**
 * Draws one slide of glandular tissue stained with hematoxylin and eosin: what the two stains colour,
 * from the largest structure to the smallest, then how a microscope sees it.
 * @returns [sizePx, sizePx] at the native magnification
 */
export function renderSlide(options: TissueOptions, randomOf: RandomOf): RgbImage {
  const { sizePx, magnification } = options;
  const pxPerMicron = magnification / MICRONS_AT_1X;
  const sideMicrons = sizePx / pxPerMicron;
  const stains: Stains = {
    sizePx,
    pxPerMicron,
    hematoxylin: new Float32Array(sizePx * sizePx),
    eosin: new Float32Array(sizePx * sizePx),
  };
  const seed = (purpose: string) => seedOf(randomOf(purpose));
  const fine = noiseField(sizePx, 0.9 * pxPerMicron, seed('fine'));
  const coarse = noiseField(sizePx, 3.5 * pxPerMicron, seed('coarse'));
  const glands = placeGlands(randomOf('glands'), sideMicrons, options.glands);
  const directions = fibreDirections(seed('directions'), sideMicrons, glands);
  drawStroma(stains, randomOf('stroma'), directions);
  drawVessels(stains, randomOf('vessels'), glands);
  drawGlands(stains, glands, coarse);
  const { lymphocytes } = options;
  const nuclei = placeNuclei(randomOf('nuclei'), sideMicrons, glands, directions, lymphocytes);
  drawNuclei(stains, nuclei, randomOf('nucleoli'), fine, coarse);
  vary(stains, fine, seed('thickness'), seed('edge'));
  const staining = drawStaining(randomOf('staining'), options.stainVariation);
  return photograph(stains, staining, options.noise, randomOf('sensor'));
}

/** Uneven thickness, the grain of cytoplasm, and empty glass where the tissue ends. */
function vary(stains: Stains, grain: Float32Array, thickness: number, edge: number): void {
  const { sizePx, pxPerMicron, eosin, hematoxylin } = stains;
  const thick = noiseField(sizePx, 130 * pxPerMicron, thickness);
  const extent = noiseField(sizePx, 260 * pxPerMicron, edge);
  const ragged = noiseField(sizePx, 22 * pxPerMicron, edge + 1);
  for (let i = 0; i < eosin.length; i++) {
    const tissue = (extent[i] as number) + 0.07 * (ragged[i] as number);
    const covered = smoothStep(-0.7, -0.69, tissue) * (1 + 0.15 * (thick[i] as number));
    eosin[i] = (eosin[i] as number) * covered * (1 + 0.22 * (grain[i] as number));
    hematoxylin[i] = (hematoxylin[i] as number) * covered;
  }
}

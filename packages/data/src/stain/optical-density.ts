import type { RgbImage } from '@mmsr/core';

/** Light that falls on the tissue, as a grey level; Macenko's value, also of torchstain. */
export const INCIDENT_LIGHT = 240;

/** Below this optical density a pixel is glass; Macenko's beta. */
const GLASS_DENSITY = 0.15;

/** Share of a patch that must be tissue, for its stains to be known. */
export const LEAST_TISSUE_SHARE = 0.05;

/** Optical density of each 8-bit level, -ln((level + 1) / 240): slightly negative for clear glass. */
export const DENSITIES = Float64Array.from(
  { length: 256 },
  (_, level) => -Math.log((level + 1) / INCIDENT_LIGHT),
);

/**
 * Optical densities of the tissue: of pixels that are above the glass in every channel.
 * @returns [pixels, 3]; undefined where less than a twentieth of the image is tissue
 */
export function tissueDensities({ data }: RgbImage): Float64Array | undefined {
  const found = new Float64Array(data.length);
  let length = 0;
  for (let i = 0; i < data.length; i += 3) {
    const red = DENSITIES[data[i] as number] as number;
    const green = DENSITIES[data[i + 1] as number] as number;
    const blue = DENSITIES[data[i + 2] as number] as number;
    if (Math.min(red, green, blue) < GLASS_DENSITY) continue;
    found[length++] = red;
    found[length++] = green;
    found[length++] = blue;
  }
  return length < LEAST_TISSUE_SHARE * data.length ? undefined : found.subarray(0, length);
}

/** As numpy.percentile: linear between the two nearest. @param share 0 to 1 */
export function percentile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}

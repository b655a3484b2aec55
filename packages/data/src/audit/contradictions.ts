import type { SourceImage } from '@mmsr/core';
import { factorBetween, USUAL_MICRONS_AT_1X } from '../images/resolve-scale.js';
import type { SplitImages } from '../loading/check-splits.js';

/** The factor that a label may be off before it is worth a look. */
const SUSPICIOUS_FACTOR = 1.5;
/** Scanners of one label differ by less when they are of one make. */
const MIXED_FACTOR = 1.05;
const ANISOTROPIC_FACTOR = 1.01;

/** What in the magnifications and resolutions of all splits does not go together, one sentence each. */
export function contradictions(splits: readonly SplitImages[]): string[] {
  return [
    ...splits.flatMap(({ images }) => [...wrongLabels(images), ...anisotropic(images)]),
    ...splits.flatMap(unknownResolution),
    ...mixedResolutions(splits),
  ];
}

/** Magnifications that do not go with the microns per pixel beside them. */
function wrongLabels(images: readonly SourceImage[]): string[] {
  const wrong = images.filter((image) => {
    const { micronsPerPixel, micronsAt1x = USUAL_MICRONS_AT_1X } = image;
    if (micronsPerPixel === undefined) return false;
    return factorBetween(labelOf(image) * micronsPerPixel, micronsAt1x) > SUSPICIOUS_FACTOR;
  });
  return together(wrong, (image) => {
    const { magnification, micronsPerPixel = 0, micronsAt1x = USUAL_MICRONS_AT_1X } = image;
    const usual = Math.round((micronsAt1x / micronsPerPixel) * 10) / 10;
    const counts = labelOf(image) === magnification ? '' : `; it counts as ${magnification}x`;
    return (
      `labelled ${labelOf(image)}x, but ${micronsPerPixel} microns per pixel are usual for ` +
      `${usual}x${counts}`
    );
  });
}

function labelOf({ magnification, objectivePower }: SourceImage): number {
  return objectivePower ?? magnification;
}

function anisotropic(images: readonly SourceImage[]): string[] {
  const uneven = images.filter(
    ({ micronsPerPixel, micronsPerPixelY }) =>
      micronsPerPixel !== undefined &&
      micronsPerPixelY !== undefined &&
      factorBetween(micronsPerPixel, micronsPerPixelY) > ANISOTROPIC_FACTOR,
  );
  return together(
    uneven,
    ({ micronsPerPixel, micronsPerPixelY }) =>
      `pixels are ${micronsPerPixel} microns wide and ${micronsPerPixelY} high`,
  );
}

/** One sentence for all images of which the same is to be said. */
function together(
  images: readonly SourceImage[],
  sentence: (image: SourceImage) => string,
): string[] {
  const said = new Map<string, SourceImage[]>();
  for (const image of images) {
    const text = sentence(image);
    said.set(text, [...(said.get(text) ?? []), image]);
  }
  return [...said].map(([text, about]) => `${namesOf(about)}: ${text}`);
}

function namesOf(images: readonly SourceImage[]): string {
  const { id } = images[0] as SourceImage;
  return images.length === 1 ? id : `${id} and ${images.length - 1} more`;
}

function unknownResolution({ split, images }: SplitImages): string[] {
  const unknown = images.filter(({ micronsPerPixel }) => micronsPerPixel === undefined);
  if (unknown.length === 0) return [];
  const which = unknown.length === images.length ? 'no image' : 'not every image';
  return [
    `data.${split}: ${which} has its microns per pixel, so that its magnification cannot be checked ` +
      `(${namesOf(unknown)}); state \`micronsPerPixel\``,
  ];
}

/** Images that are trained or measured at one magnification though a pixel of theirs is not of one size. */
function mixedResolutions(splits: readonly SplitImages[]): string[] {
  const all = splits.flatMap(({ images }) => images).filter(isResolved);
  const labels = [...new Set(all.map(({ magnification }) => magnification))].sort((a, b) => b - a);
  return labels.flatMap((label) => {
    const [first, ...others] = all
      .filter(({ magnification }) => magnification === label)
      .sort((a, b) => a.micronsPerPixel - b.micronsPerPixel);
    const last = others.at(-1);
    if (first === undefined || last === undefined) return [];
    if (factorBetween(first.micronsPerPixel, last.micronsPerPixel) <= MIXED_FACTOR) return [];
    return [
      `${label}x stands for ${first.micronsPerPixel} (${first.id}) to ${last.micronsPerPixel} ` +
        `(${last.id}) microns per pixel, as from several scanners`,
    ];
  });
}

function isResolved(image: SourceImage): image is SourceImage & { micronsPerPixel: number } {
  return image.micronsPerPixel !== undefined;
}

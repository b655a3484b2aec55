import {
  factorBetween,
  resolveScale,
  type StatedScale,
  USUAL_MICRONS_AT_1X,
} from '../images/resolve-scale.js';
import type { Slide } from './slide.js';

const POWERS = [1.25, 2.5, 5, 10, 20, 40, 80];
/** A label this far from what the microns per pixel say is believed: scanners differ by as much. */
const BELIEVED_FACTOR = 1.4;

export interface SlideScale {
  /** What the slide counts as, from its microns per pixel where they are known. */
  readonly magnification: number;
  readonly micronsPerPixel: number | undefined;
  readonly micronsPerPixelY?: number | undefined;
  /** The label in the slide's header. */
  readonly objectivePower?: number | undefined;
}

/**
 * Magnification and resolution of a slide. The microns per pixel decide; the objective power of the header is
 * a label, which counts where it agrees with them or where there are none.
 * @param stated what the experiment says of it
 * @param where its name in messages
 * @throws MmsrError E_DATA when the statements contradict the file or nothing names the magnification
 */
export function scaleOfSlide(slide: Slide, stated: StatedScale, where: string): SlideScale {
  const micronsPerPixel = positive(slide.number('openslide.mpp-x'));
  const label = positive(slide.number('openslide.objective-power'));
  const magnification = decide(stated.micronsPerPixel ?? micronsPerPixel, label);
  return {
    ...resolveScale(stated, { magnification, micronsPerPixel }, where),
    micronsPerPixelY: positive(slide.number('openslide.mpp-y')),
    objectivePower: label,
  };
}

/** Undefined where neither is known. */
export function decide(
  micronsPerPixel: number | undefined,
  label: number | undefined,
): number | undefined {
  if (micronsPerPixel === undefined) return label;
  const measured = USUAL_MICRONS_AT_1X / micronsPerPixel;
  if (label !== undefined && factorBetween(label, measured) <= BELIEVED_FACTOR) return label;
  return POWERS.reduce((best, power) =>
    factorBetween(power, measured) < factorBetween(best, measured) ? power : best,
  );
}

function positive(value: number): number | undefined {
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

import { MmsrError } from '@mmsr/core';

export interface Scale {
  /** Native objective power. */
  readonly magnification?: number | undefined;
  readonly micronsPerPixel?: number | undefined;
}

/** What the experiment says of a file. */
export interface StatedScale extends Scale {
  /** Taken where neither the experiment nor the file says a magnification. */
  readonly assumedMagnification?: number | undefined;
  /** By magnification, in place of one `micronsPerPixel`. */
  readonly micronsByMagnification?: Readonly<Record<string, number>> | undefined;
}

const MAGNIFICATION_TOLERANCE = 0.001;
const RESOLUTION_TOLERANCE = 0.01;
/** A scanner's microns per pixel times its objective power, roughly: 0.5 at 20x, 0.25 at 40x. */
export const USUAL_MICRONS_AT_1X = 10;

/** How many times the larger of two values is the smaller, at least 1. */
export function factorBetween(a: number, b: number): number {
  return Math.max(a / b, b / a);
}

/**
 * Magnification and resolution from what the experiment states and what the file's header says.
 * @throws MmsrError E_DATA when the two contradict each other or neither names the magnification
 */
export function resolveScale(
  stated: StatedScale,
  header: Scale,
  where: string,
): { magnification: number; micronsPerPixel: number | undefined } {
  assertAgree('magnification', stated.magnification, header.magnification, where);
  const magnification = stated.magnification ?? header.magnification ?? stated.assumedMagnification;
  const ours = stated.micronsPerPixel ?? stated.micronsByMagnification?.[String(magnification)];
  assertAgree('micronsPerPixel', ours, header.micronsPerPixel, where);
  const micronsPerPixel = ours ?? header.micronsPerPixel;
  if (magnification !== undefined) return { magnification, micronsPerPixel };
  const guess = micronsPerPixel === undefined ? undefined : USUAL_MICRONS_AT_1X / micronsPerPixel;
  throw new MmsrError('E_DATA', 'the file does not say its magnification', {
    where,
    advice:
      'State `magnification` beside `paths`' +
      (guess === undefined
        ? '.'
        : `; ${micronsPerPixel} microns per pixel are usual for about ${Math.round(guess)}x.`),
  });
}

const TOLERANCES = {
  magnification: MAGNIFICATION_TOLERANCE,
  micronsPerPixel: RESOLUTION_TOLERANCE,
} as const;

function assertAgree(
  key: keyof typeof TOLERANCES,
  ours: number | undefined,
  theirs: number | undefined,
  where: string,
): void {
  if (ours === undefined || theirs === undefined) return;
  if (Math.abs(ours - theirs) <= TOLERANCES[key] * theirs) return;
  throw new MmsrError(
    'E_DATA',
    `the experiment states ${key} ${ours}, the file's header says ${theirs}`,
    { where, advice: `Remove \`${key}\` to take the header's, or correct it.` },
  );
}

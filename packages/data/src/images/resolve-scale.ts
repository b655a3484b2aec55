import { MmsrError } from '@mmsr/core';

export interface Scale {
  /** Native objective power. */
  readonly magnification?: number | undefined;
  readonly micronsPerPixel?: number | undefined;
}

const MAGNIFICATION_TOLERANCE = 0.001;
const RESOLUTION_TOLERANCE = 0.01;
/** A scanner's microns per pixel times its objective power, roughly: 0.5 at 20x, 0.25 at 40x. */
const USUAL_PRODUCT = 10;

/**
 * Magnification and resolution from what the experiment states and what the file's header says.
 * @throws MmsrError E_DATA when the two contradict each other or neither names the magnification
 */
export function resolveScale(
  stated: Scale,
  header: Scale,
  where: string,
): { magnification: number; micronsPerPixel: number | undefined } {
  assertAgree('magnification', stated, header, MAGNIFICATION_TOLERANCE, where);
  assertAgree('micronsPerPixel', stated, header, RESOLUTION_TOLERANCE, where);
  const magnification = stated.magnification ?? header.magnification;
  const micronsPerPixel = stated.micronsPerPixel ?? header.micronsPerPixel;
  if (magnification !== undefined) return { magnification, micronsPerPixel };
  const guess = micronsPerPixel === undefined ? undefined : USUAL_PRODUCT / micronsPerPixel;
  throw new MmsrError('E_DATA', 'the file does not say its magnification', {
    where,
    advice:
      'State `magnification` beside `paths`' +
      (guess === undefined
        ? '.'
        : `; ${micronsPerPixel} microns per pixel are usual for about ${Math.round(guess)}x.`),
  });
}

function assertAgree(
  key: 'magnification' | 'micronsPerPixel',
  stated: Scale,
  header: Scale,
  tolerance: number,
  where: string,
): void {
  const [ours, theirs] = [stated[key], header[key]];
  if (ours === undefined || theirs === undefined) return;
  if (Math.abs(ours - theirs) <= tolerance * theirs) return;
  throw new MmsrError(
    'E_DATA',
    `the experiment states ${key} ${ours}, the file's header says ${theirs}`,
    { where, advice: `Remove \`${key}\` to take the header's, or correct it.` },
  );
}

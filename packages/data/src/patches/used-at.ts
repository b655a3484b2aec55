import type { SourceImage } from '@mmsr/core';

/**
 * Whether patches of a magnification are taken from the image. Images that have to give every magnification
 * are refused beforehand when they cannot.
 */
export function isUsedAt(
  { magnification: native, serves }: Pick<SourceImage, 'magnification' | 'serves'>,
  magnification: number,
): boolean {
  return serves === 'own' ? magnification === native : magnification <= native;
}

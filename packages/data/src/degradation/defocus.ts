import { defineDegradation, Type } from '@mmsr/core';
import { convolve } from './convolve.js';
import { diskKernel } from './kernels.js';
import { shrink, toImage, toLevels } from './levels.js';
import { assertRanges, drawWithin, Range } from './ranges.js';

const DefocusConfig = Type.Object(
  {
    radiusPx: Range(
      { exclusiveMinimum: 0, maximum: 20 },
      [0.5, 3],
      'Radius of the blur disk in HR pixels.',
    ),
  },
  { additionalProperties: false },
);

/**
 * Degradation `defocus`: tissue out of the focal plane. Geometric optics images a point there as an evenly
 * lit disk; its edge pixels count by the share that it covers. Then bicubic shrinking, in 8 bits.
 */
export const defocusDegradation = defineDegradation({
  name: 'defocus',
  apiVersion: 1,
  description: 'Blur of tissue out of focus, then bicubic shrinking',
  configSchema: DefocusConfig,
  create({ radiusPx }, { scale }) {
    assertRanges({ radiusPx });
    return {
      degrade(hr, random) {
        const blurred = convolve(toLevels(hr), diskKernel(drawWithin(radiusPx, random)));
        return toImage(shrink(blurred, scale, 'bicubic'));
      },
    };
  },
});

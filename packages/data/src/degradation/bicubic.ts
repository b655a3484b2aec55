import { defineDegradation, resizeBicubic, Type } from '@mmsr/core';

/** Degradation `bicubic`: MATLAB-style bicubic shrinking, rounded to 8 bits. */
export const bicubicDegradation = defineDegradation({
  name: 'bicubic',
  apiVersion: 1,
  description: 'Bicubic shrinking as MATLAB does it, in 8 bits',
  configSchema: Type.Object({}, { additionalProperties: false }),
  create: (_config, { scale }) => ({ degrade: (hr) => resizeBicubic(hr, 1 / scale) }),
});

import { defineDegradation, shrinkByArea, Type } from '@mmsr/core';

/** Degradation `area`: each LR pixel is the mean of the HR pixels it covers, as a slide's pyramid is made. */
export const areaDegradation = defineDegradation({
  name: 'area',
  apiVersion: 1,
  description: "Means of squares of pixels, as the levels of a scanner's pyramid are made",
  configSchema: Type.Object({}, { additionalProperties: false }),
  create: (_config, { scale }) => ({ degrade: (hr) => shrinkByArea(hr, scale) }),
});

import type { DegradationPlugin, SourcePlugin } from '@mmsr/core';
import { areaDegradation } from './degradation/area.js';
import { bicubicDegradation } from './degradation/bicubic.js';
import { blurNoiseJpegDegradation } from './degradation/blur-noise-jpeg.js';
import { defocusDegradation } from './degradation/defocus.js';
import { breakhisSource } from './breakhis/breakhis-source.js';
import { imagesSource } from './images/images-source.js';
import { pairsSource } from './pairs/pairs-source.js';
import { openslidePart } from './slides/openslide-part.js';
import { slidesSource } from './slides/slides-source.js';
import { syntheticSource } from './synthetic/synthetic-source.js';

export {
  areaDegradation,
  bicubicDegradation,
  blurNoiseJpegDegradation,
  breakhisSource,
  defocusDegradation,
  imagesSource,
  openslidePart,
  pairsSource,
  slidesSource,
  syntheticSource,
};
export { PatchPipeline } from './loading/patch-pipeline.js';
export { writePng } from './write-png.js';

/** The plugins of this package. Loading threads look here for them, so each must be in the list. */
export const dataPlugins: readonly (SourcePlugin | DegradationPlugin)[] = [
  breakhisSource,
  imagesSource,
  pairsSource,
  slidesSource,
  syntheticSource,
  bicubicDegradation,
  areaDegradation,
  blurNoiseJpegDegradation,
  defocusDegradation,
];

import type { RgbImage } from '../images/rgb-image.js';
import type { RandomStream } from '../random/random-stream.js';
import type { PluginBase } from './plugin.js';

/** How a low-resolution image comes from a high-resolution one. */
export interface Degradation {
  /**
   * @param hr height and width are multiples of the scale
   * @param random fixed by the patch, so that the result does not depend on which thread makes it
   * @returns the LR image, 1/scale the size of `hr`
   */
  degrade(hr: RgbImage, random: RandomStream): RgbImage | Promise<RgbImage>;
}

export interface DegradationContext {
  readonly scale: number;
}

export interface DegradationPlugin extends PluginBase<'degradation'> {
  create(config: object, context: DegradationContext): Degradation;
}

import { createHash } from 'node:crypto';
import {
  defineSource,
  randomStream,
  type Region,
  type RgbImage,
  type Source,
  type SourceContext,
  type SourceImage,
  type Static,
  Type,
} from '@mmsr/core';
import { crop } from '../images/native-pixels.js';
import { readShrunk } from '../shrink-native.js';
import { MICRONS_AT_1X, renderSlide } from './render-slide.js';
import { SharedSlide, slideMemory } from './slide-memory.js';
import type { RandomOf, TissueOptions } from './tissue.js';

/** Part of the digest: to be raised when the same options give other pixels. */
const DRAWING_VERSION = 1;

const SyntheticConfig = Type.Object(
  {
    count: Type.Integer({ minimum: 1, maximum: 10000, default: 8, description: 'Slides.' }),
    sizePx: Type.Integer({
      minimum: 64,
      maximum: 8192,
      default: 1024,
      description: 'Side of a slide in native pixels.',
    }),
    magnification: Type.Number({
      minimum: 1,
      maximum: 100,
      default: 20,
      description: 'Native objective power; a pixel is 10 / magnification microns.',
    }),
    glands: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.45,
      description: 'Share of the area that glands take, as far as they fit.',
    }),
    lymphocytes: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.3,
      description: 'How densely lymphocytes lie in the stroma.',
    }),
    stainVariation: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'How much colour differs between slides.',
    }),
    noise: Type.Number({
      minimum: 0,
      maximum: 20,
      default: 1.5,
      description: "Standard deviation of the sensor's noise, in 8-bit levels.",
    }),
  },
  { additionalProperties: false },
);

type SyntheticOptions = Static<typeof SyntheticConfig>;
type SlideContext = Pick<SourceContext, 'seed' | 'split' | 'handedOver'>;

/** Drawn tissue. Slide k follows from the seed, the split, k and the options, whatever `count` is. */
class SyntheticSource implements Source {
  readonly images: readonly SourceImage[];
  readonly #slides: readonly SharedSlide[];

  constructor({ count, ...tissue }: SyntheticOptions, context: SlideContext) {
    const memories = context.handedOver as readonly SharedArrayBuffer[] | undefined;
    this.images = Array.from({ length: count }, (_, k) => describe(tissue, context, k));
    this.#slides = this.images.map(({ digest }, k) => {
      const memory = memories?.[k] ?? slideMemory(digest, tissue.sizePx);
      const draw = () => renderSlide(tissue, randomOfSlide(context, k));
      return new SharedSlide(memory, tissue.sizePx, draw);
    });
  }

  async read(index: number, magnification: number, region: Region): Promise<{ hr: RgbImage }> {
    const slide = this.#slides[index] as SharedSlide;
    const image = this.images[index] as SourceImage;
    const readNative = (native: Region) => Promise.resolve(crop(slide.image(), native));
    return { hr: await readShrunk(image, magnification, region, readNative) };
  }

  handOver(): readonly SharedArrayBuffer[] {
    return this.#slides.map(({ memory }) => memory);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function randomOfSlide({ seed, split }: SlideContext, k: number): RandomOf {
  return (purpose) => randomStream(seed, `synthetic ${split} ${purpose}`, k);
}

function describe(tissue: TissueOptions, { seed, split }: SlideContext, k: number): SourceImage {
  const { sizePx, magnification, glands, lymphocytes, stainVariation, noise } = tissue;
  const options = { sizePx, magnification, glands, lymphocytes, stainVariation, noise };
  const origin = JSON.stringify({ drawing: DRAWING_VERSION, seed, split, slide: k, options });
  const id = `${split}-slide-${k}`;
  return {
    id,
    group: id,
    widthPx: sizePx,
    heightPx: sizePx,
    magnification,
    micronsPerPixel: MICRONS_AT_1X / magnification,
    digest: createHash('sha256').update(origin).digest('hex'),
  };
}

/** Source `synthetic`: slides of glandular tissue, drawn from the run's seed and the split. */
export const syntheticSource = defineSource({
  name: 'synthetic',
  apiVersion: 1,
  description: 'Drawn H&E tissue, to try things without slides',
  configSchema: SyntheticConfig,
  create: (config, context) => Promise.resolve(new SyntheticSource(config, context)),
});

import { defineDegradation, MmsrError, type RandomStream, type Static, Type } from '@mmsr/core';
import { convolve, convolveLines, type Levels } from './convolve.js';
import { throughJpeg } from './jpeg.js';
import { gaussianKernel, gaussianLine } from './kernels.js';
import { shrink, toImage, toLevels } from './levels.js';
import { addNoise } from './noise.js';
import { assertRanges, drawWithin, Range } from './ranges.js';

const STAGES = ['blur', 'shrink', 'noise', 'jpeg'] as const;
type Stage = (typeof STAGES)[number];

function probability(usual: number, description: string) {
  return Type.Number({ minimum: 0, maximum: 1, default: usual, description });
}

const BlurNoiseJpegConfig = Type.Object(
  {
    order: Type.Array(
      Type.Union([
        Type.Literal('blur'),
        Type.Literal('shrink'),
        Type.Literal('noise'),
        Type.Literal('jpeg'),
      ]),
      {
        minItems: 1,
        uniqueItems: true,
        default: STAGES,
        description: 'The stages in their order, some or all; shrink must be there.',
      },
    ),
    shuffle: Type.Boolean({
      default: false,
      description: 'Another order of the stages for each patch.',
    }),
    shrink: Type.Union([Type.Literal('bicubic'), Type.Literal('area')], {
      default: 'bicubic',
      description: 'How the image is made smaller.',
    }),
    sigmaPx: Range(
      { exclusiveMinimum: 0, maximum: 20 },
      [0.2, 3],
      'Standard deviation of the Gaussian blur, in pixels.',
    ),
    anisotropic: probability(0.3, 'How often the blur has two deviations and a direction.'),
    sensorNoise: Range(
      { minimum: 0 },
      [0, 10],
      'Standard deviation of the noise of the sensor, in grey levels.',
    ),
    shotNoise: Range(
      { minimum: 0 },
      [0, 1],
      'Shot noise: at grey level v its standard deviation is this times the square root of v.',
    ),
    greyNoise: probability(0.4, 'How often the noise is the same in red, green and blue.'),
    jpegQuality: Range({ minimum: 1, maximum: 100 }, [30, 95], 'Quality of the JPEG.'),
  },
  { additionalProperties: false },
);

type Options = Static<typeof BlurNoiseJpegConfig>;

/** What one patch goes through. */
export interface Drawn {
  readonly order: readonly Stage[];
  readonly sigmaX: number;
  readonly sigmaY: number;
  readonly angle: number;
  readonly sensorLevels: number;
  readonly shot: number;
  readonly isGrey: boolean;
  readonly quality: number;
}

/** As many draws whatever the options, so that an option changes nothing but what it is about. */
export function drawDegradation(options: Options, random: RandomStream): Drawn {
  const sigmaX = drawWithin(options.sigmaPx, random);
  const across = drawWithin(options.sigmaPx, random);
  const turned = Math.PI * random.uniform();
  const isAnisotropic = random.uniform() < options.anisotropic;
  const sensorLevels = drawWithin(options.sensorNoise, random);
  const shot = drawWithin(options.shotNoise, random);
  const isGrey = random.uniform() < options.greyNoise;
  const quality = Math.round(drawWithin(options.jpegQuality, random));
  const shuffled = shuffle(STAGES, random).filter((stage) => options.order.includes(stage));
  return {
    order: options.shuffle ? shuffled : options.order,
    sigmaX,
    sigmaY: isAnisotropic ? across : sigmaX,
    angle: isAnisotropic ? turned : 0,
    sensorLevels,
    shot,
    isGrey,
    quality,
  };
}

/** Fisher and Yates. */
function shuffle<Item>(items: readonly Item[], random: RandomStream): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [result[last], result[other]] = [result[other] as Item, result[last] as Item];
  }
  return result;
}

/**
 * Degradation `blur-noise-jpeg`: a scanner with poor optics, a noisy sensor and lossy storage. The first
 * order of Real-ESRGAN (Wang et al. 2021) with the random order of BSRGAN (Zhang et al. 2021). Numbers are
 * rounded to 8 bits before JPEG and at the end.
 */
export const blurNoiseJpegDegradation = defineDegradation({
  name: 'blur-noise-jpeg',
  apiVersion: 1,
  description: 'Blur, noise and JPEG of random strength, as a poor scanner adds them',
  configSchema: BlurNoiseJpegConfig,
  create(options, { scale }) {
    assertOptions(options);
    return {
      async degrade(hr, random) {
        const drawn = drawDegradation(options, random);
        const stages: Record<Stage, (image: Levels) => Levels | Promise<Levels>> = {
          blur: (image) => blur(image, drawn),
          shrink: (image) => shrink(image, scale, options.shrink),
          noise: (image) => addNoise(image, drawn, random),
          jpeg: async (image) => toLevels(await throughJpeg(toImage(image), drawn.quality)),
        };
        let image = toLevels(hr);
        for (const stage of drawn.order) image = await stages[stage](image);
        return toImage(image);
      },
    };
  },
});

/** Lines are several times as fast as squares of weights, and most Gaussians are round. */
function blur(image: Levels, shape: Drawn): Levels {
  return shape.sigmaX === shape.sigmaY
    ? convolveLines(image, gaussianLine(shape.sigmaX))
    : convolve(image, gaussianKernel(shape));
}

function assertOptions({ order, sigmaPx, sensorNoise, shotNoise, jpegQuality }: Options): void {
  assertRanges({ sigmaPx, sensorNoise, shotNoise, jpegQuality });
  if (order.includes('shrink')) return;
  throw new MmsrError('E_EXPERIMENT', 'without the stage "shrink" LR is as large as HR', {
    where: 'data.degradation.order',
    advice: 'Add shrink to the stages.',
  });
}

import {
  defineSource,
  InputError,
  MmsrError,
  type PairRegistration,
  type Region,
  type RgbImage,
  type Source,
  type SourceContext,
  type SourceImage,
  type Static,
  Type,
} from '@mmsr/core';
import { GroupRule, groupOf, MagnificationRule, magnificationOf } from '../images/file-labels.js';
import { findFiles } from '../images/find-files.js';
import { ImagesSource, openFiles } from '../images/images-source.js';
import type { LoadedImage } from '../images/load-image.js';
import { readShrunk } from '../shrink-native.js';
import { matchPairs } from './match-pairs.js';
import { readMoved } from './moved-pixels.js';
import { describePair, type Pair, pairProblems } from './describe-pair.js';

const closed = { additionalProperties: false } as const;
const Paths = (side: string) =>
  Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    description: `Files and globs of the ${side} images, relative to the folder of the experiment file.`,
  });
const Suffix = (side: string) =>
  Type.String({ default: '', description: `What ${side} names have at their end, such as x2.` });
const Positive = Type.Number({ exclusiveMinimum: 0 });

export const PairsConfig = Type.Object(
  {
    hr: Paths('HR'),
    lr: Paths('LR'),
    hrSuffix: Suffix('HR'),
    lrSuffix: Suffix('LR'),
    magnification: Type.Optional(MagnificationRule),
    micronsPerPixel: Type.Optional({
      ...Positive,
      description: 'Native resolution of the HR images, where the files do not say it.',
    }),
    lrMagnification: Type.Optional({
      ...Positive,
      description: 'Of the LR images; must be that of the HR images divided by the scale.',
    }),
    group: Type.Optional(GroupRule),
    registration: Type.Union(
      [
        Type.Literal('report'),
        Type.Literal('correct'),
        Type.Object({ rejectAbovePx: Type.Number({ minimum: 0 }) }, closed),
      ],
      {
        default: 'report',
        description:
          'What becomes of LR images that lie beside their HR images: reported, moved back, or left out ' +
          'above a number of LR pixels.',
      },
    ),
  },
  closed,
);

export type PairsOptions = Static<typeof PairsConfig>;

/** What a loading thread needs. */
interface PairsHandOver {
  readonly hr: readonly LoadedImage[];
  readonly lr: readonly LoadedImage[];
  readonly pairs: readonly Pair[];
}

/** HR images with LR images of the same field, each taken by a microscope of its own. */
export class PairsSource implements Source {
  readonly images: readonly SourceImage[];

  constructor(
    private readonly hr: ImagesSource,
    private readonly lr: ImagesSource,
    private readonly pairs: readonly Pair[],
    private readonly scale: number,
    readonly warnings: readonly string[] = [],
  ) {
    this.images = pairs.map(({ image }) => image);
  }

  /** @param region begins and ends at multiples of the scale */
  async read(
    index: number,
    magnification: number,
    region: Region,
  ): Promise<{ hr: RgbImage; lr: RgbImage }> {
    const pair = this.pairs[index] as Pair;
    const { scale } = this;
    const [hr, lr] = await Promise.all([
      readShrunk(pair.image, magnification, region, (native) => this.#readHr(pair, native)),
      readShrunk(
        lrImageOf(pair.image, scale),
        magnification / scale,
        {
          x: region.x / scale,
          y: region.y / scale,
          width: region.width / scale,
          height: region.height / scale,
        },
        (native) => this.#readLr(pair, native),
      ),
    ]);
    return { hr, lr };
  }

  async #readHr({ index, lrOffset }: Pair, { x, y, width, height }: Region): Promise<RgbImage> {
    const { magnification } = this.hr.images[index] as SourceImage;
    const at = { x: x + lrOffset.x * this.scale, y: y + lrOffset.y * this.scale, width, height };
    return (await this.hr.read(index, magnification, at)).hr;
  }

  #readLr({ index, lrOffset, image }: Pair, { x, y, width, height }: Region): Promise<RgbImage> {
    const { magnification } = this.lr.images[index] as SourceImage;
    const read = async (region: Region) => (await this.lr.read(index, magnification, region)).hr;
    const at = { x: x + lrOffset.x, y: y + lrOffset.y, width, height };
    const registration = image.registration as PairRegistration;
    if (!registration.isCorrected) return read(at);
    return readMoved(at, { xPx: registration.shiftXPx, yPx: registration.shiftYPx }, read);
  }

  handOver(): PairsHandOver {
    return { hr: this.hr.handOver(), lr: this.lr.handOver(), pairs: this.pairs };
  }

  async close(): Promise<void> {
    await Promise.all([this.hr.close(), this.lr.close()]);
  }
}

function lrImageOf(image: SourceImage, scale: number): SourceImage {
  return {
    ...image,
    widthPx: image.widthPx / scale,
    heightPx: image.heightPx / scale,
    magnification: image.magnification / scale,
  };
}

/**
 * Finds and matches the files, checks that each pair has the sizes and magnifications of the scale, and
 * estimates how they lie.
 * @throws InputError with what is wrong with any file or pair
 */
export async function openPairs(
  options: PairsOptions,
  { folder, scale, signal }: Pick<SourceContext, 'folder' | 'scale' | 'signal'>,
): Promise<PairsSource> {
  const [hrFound, lrFound] = [
    await findFiles(options.hr, folder),
    await findFiles(options.lr, folder),
  ];
  const notFound = [...hrFound.problems, ...lrFound.problems];
  if (notFound.length > 0) throw new InputError(notFound);
  const { pairs: matched, problems } = matchPairs(hrFound.files, lrFound.files, options);
  const hr = await openFiles(
    matched.map((pair) => pair.hr),
    ({ id }) => ({
      magnification: magnificationOf(options.magnification, id),
      micronsPerPixel: options.micronsPerPixel,
      group: groupOf(options.group, id),
    }),
    { problems, signal },
  );
  try {
    const lr = await openFiles(
      matched.map((pair) => pair.lr),
      (_file, index) => ({
        magnification: options.lrMagnification,
        assumedMagnification: (hr.images[index] as SourceImage).magnification / scale,
      }),
      { signal },
    );
    return await register(hr, lr, scale, options.registration).catch(async (error: unknown) => {
      await lr.close();
      throw error;
    });
  } catch (error) {
    await hr.close();
    throw error;
  }
}

async function register(
  hr: ImagesSource,
  lr: ImagesSource,
  scale: number,
  registration: PairsOptions['registration'],
): Promise<PairsSource> {
  const problems = hr.images.flatMap((image, index) =>
    pairProblems(image, lr.images[index] as SourceImage, scale),
  );
  if (problems.length > 0) throw new InputError(problems);
  const pairs: Pair[] = [];
  const faults: MmsrError[] = [];
  for (const index of hr.images.keys()) {
    try {
      pairs.push(await describePair(hr, lr, index, scale, registration === 'correct'));
    } catch (error) {
      if (!(error instanceof MmsrError)) throw error;
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new InputError(faults);
  if (typeof registration === 'string') return new PairsSource(hr, lr, pairs, scale);
  return withoutFarOnes(new PairsSource(hr, lr, pairs, scale), pairs, registration.rejectAbovePx, [
    hr,
    lr,
    scale,
  ]);
}

function withoutFarOnes(
  all: PairsSource,
  pairs: readonly Pair[],
  abovePx: number,
  [hr, lr, scale]: [ImagesSource, ImagesSource, number],
): PairsSource {
  const kept = pairs.filter(({ distancePx }) => distancePx <= abovePx);
  if (kept.length === pairs.length) return all;
  if (kept.length === 0) {
    throw new MmsrError('E_DATA', `no pair lies within ${abovePx} LR pixels`, {
      advice: 'Raise `registration.rejectAbovePx`, or take `registration: correct`.',
    });
  }
  const far = pairs.filter((pair) => !kept.includes(pair));
  const warnings = far.map(
    ({ image, distancePx }) =>
      `${image.id}: left out, since its LR image lies ${distancePx.toFixed(2)} LR pixels beside it, ` +
      `above the ${abovePx} of rejectAbovePx`,
  );
  return new PairsSource(hr, lr, kept, scale, warnings);
}

/** Source `pairs`: real pairs of HR and LR images, matched by name. */
export const pairsSource = defineSource({
  name: 'pairs',
  apiVersion: 1,
  description: 'Real pairs of HR and LR images, matched by name',
  configSchema: PairsConfig,
  create: async (config, context) => {
    if (context.handedOver === undefined) return openPairs(config, context);
    const { hr, lr, pairs } = context.handedOver as PairsHandOver;
    return new PairsSource(new ImagesSource(hr), new ImagesSource(lr), pairs, context.scale);
  },
});

import type { MmsrError } from '@mmsr/core';
import {
  defineSource,
  InputError,
  type Region,
  type RgbImage,
  type Source,
  type SourceContext,
  type SourceImage,
  Type,
  type Static,
} from '@mmsr/core';
import { inParallelWithFaults } from '../in-parallel.js';
import { readShrunk } from '../shrink-native.js';
import {
  GroupRule,
  groupOf,
  MagnificationRule,
  magnificationOf,
  MicronsRule,
} from './file-labels.js';
import { findFiles, type FoundFile } from './find-files.js';
import { loadImage, type LoadedImage, type LoadOptions } from './load-image.js';
import { decodedImages, type MemoryBudget } from './memory-budget.js';
import { DecodedPixels, FilePixels, type NativePixels, RegionCache } from './native-pixels.js';

const FILES_AT_A_TIME = 4;
const closed = { additionalProperties: false } as const;
const Pixels = Type.Integer({ minimum: 0 });
const Side = Type.Integer({ minimum: 1 });

export const ImagesConfig = Type.Object(
  {
    paths: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'Files and globs, relative to the folder of the experiment file.',
    }),
    magnification: Type.Optional(MagnificationRule),
    micronsPerPixel: Type.Optional(MicronsRule),
    shrink: Type.Optional(
      Type.Boolean({
        description:
          'Whether images give lower magnifications than their own, where they have several; by default ' +
          'they do, and without a rule for `magnification` every one must give all that are asked for.',
      }),
    ),
    region: Type.Optional(
      Type.Object(
        { x: Pixels, y: Pixels, width: Side, height: Side },
        { ...closed, description: 'The part of each file that is used, in native pixels.' },
      ),
    ),
    group: Type.Optional(GroupRule),
  },
  closed,
);

/** Images in files. What was decoded within `budget` is given back to it when the source is closed. */
export class ImagesSource implements Source {
  readonly images: readonly SourceImage[];
  readonly #pixels: readonly NativePixels[];

  constructor(
    private readonly loaded: readonly LoadedImage[],
    private readonly budget?: MemoryBudget,
  ) {
    this.images = loaded.map(({ image }) => image);
    const cache = new RegionCache();
    this.#pixels = loaded.map((one) => pixelsOf(one, cache));
  }

  async read(index: number, magnification: number, region: Region): Promise<{ hr: RgbImage }> {
    const image = this.images[index] as SourceImage;
    const pixels = this.#pixels[index] as NativePixels;
    const hr = await readShrunk(image, magnification, region, (native) => pixels.read(native));
    return { hr };
  }

  handOver(): readonly LoadedImage[] {
    return this.loaded;
  }

  close(): Promise<void> {
    for (const { pixels } of this.loaded) this.budget?.giveBack(pixels?.byteLength ?? 0);
    return Promise.resolve();
  }
}

function pixelsOf(loaded: LoadedImage, cache: RegionCache): NativePixels {
  const { image, pixels } = loaded;
  if (pixels === undefined) return new FilePixels(loaded, cache);
  const { widthPx, heightPx } = image;
  return new DecodedPixels({ widthPx, heightPx, data: new Uint8Array(pixels) });
}

/**
 * Finds, checks and decodes the files.
 * @param budget memory for decoded pixels; what does not fit is read from its file when it is needed
 * @throws InputError with what is wrong with any of the files
 */
export async function openImages(
  config: Static<typeof ImagesConfig>,
  { folder, signal }: Pick<SourceContext, 'folder' | 'signal'>,
  budget: MemoryBudget = decodedImages,
): Promise<ImagesSource> {
  const { files, problems } = await findFiles(config.paths, folder);
  return openFiles(files, ({ id }) => fileOptions(config, id), { problems, budget, signal });
}

/** What the options say of one file. */
export function fileOptions(config: Static<typeof ImagesConfig>, id: string): LoadOptions {
  const { magnification, micronsPerPixel, region, group, shrink } = config;
  const several = shrink ?? (typeof magnification === 'object' ? true : undefined);
  return {
    region,
    magnification: magnificationOf(magnification, id),
    ...(typeof micronsPerPixel === 'object'
      ? { micronsByMagnification: micronsPerPixel }
      : { micronsPerPixel }),
    group: groupOf(group, id),
    ...(several === undefined
      ? {}
      : { more: { serves: several ? 'own-and-lower' : 'own' } as const }),
  };
}

export interface OpenFilesOptions {
  /** What is known to be wrong already. */
  readonly problems?: readonly MmsrError[];
  readonly budget?: MemoryBudget;
  /** Ends the opening once the files that are being read are done. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks and decodes files, each with options of its own.
 * @param optionsOf may throw MmsrError for what is wrong with a file
 * @throws InputError with those problems and what is wrong with any of the files; the reason of the signal
 */
export async function openFiles(
  files: readonly FoundFile[],
  optionsOf: (file: FoundFile, index: number) => LoadOptions,
  { problems = [], budget = decodedImages, signal }: OpenFilesOptions = {},
): Promise<ImagesSource> {
  const { results, faults } = await inParallelWithFaults(
    files,
    FILES_AT_A_TIME,
    async (file, index) => loadImage(file, optionsOf(file, index), budget),
    signal,
  );
  const source = new ImagesSource(results, budget);
  const wrong = [...problems, ...faults];
  if (wrong.length === 0 && signal?.aborted !== true) return source;
  await source.close();
  signal?.throwIfAborted();
  throw new InputError(wrong);
}

/** Source `images`: image files and slides (PNG, JPEG, TIFF, WebP, JPEG-compressed SVS). */
export const imagesSource = defineSource({
  name: 'images',
  apiVersion: 1,
  description: 'Image files and slides: PNG, JPEG, TIFF, WebP, SVS',
  configSchema: ImagesConfig,
  create: async (config, context) =>
    context.handedOver === undefined
      ? openImages(config, context)
      : new ImagesSource(context.handedOver as readonly LoadedImage[]),
});

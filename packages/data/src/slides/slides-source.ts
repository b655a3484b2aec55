import { createHash } from 'node:crypto';
import {
  defineSource,
  InputError,
  MmsrError,
  type Region,
  type RgbImage,
  type Source,
  type SourceContext,
  type SourceImage,
  type Static,
  Type,
} from '@mmsr/core';
import { digestOf } from '../images/digest.js';
import { assertUnchanged, type FileVersion, versionOf } from '../images/file-version.js';
import { findFiles, type FoundFile } from '../images/find-files.js';
import { fileOptions, ImagesConfig, ImagesSource, openImages } from '../images/images-source.js';
import { type LoadedImage, type LoadOptions, placeOf } from '../images/load-image.js';
import { inParallelWithFaults } from '../in-parallel.js';
import { assertInside, sizeAt } from '../shrink-native.js';
import { findOpenSlide, type OpenSlide } from './openslide-library.js';
import { scaleOfSlide } from './slide-scale.js';
import { Slide } from './slide.js';
import { TileCache } from './tile-cache.js';
import {
  type HandedOverTissue,
  handedOverTissue,
  TissueSource,
  withTissue,
} from './tissue-source.js';

const SLIDES_AT_A_TIME = 4;
/** Each open slide has a file descriptor and a cache of its own. */
const OPEN_SLIDES = 32;
/** In every thread, for all slides of a source: when they fit, what was read of them is kept. */
const KEPT_BYTES = 256 << 20;
/** A slide and its halves, quarters and so on: 1 + 1/4 + 1/16 + ... */
const ALL_MAGNIFICATIONS = 4 / 3;

const INSTALL = 'For whole slides of every scanner run: npx mmsr-run install openslide';

const SlidesConfig = Type.Object(
  {
    ...ImagesConfig.properties,
    minTissueFraction: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.25,
      description: 'Patches with less tissue are left out; 0: patches are taken everywhere.',
    }),
  },
  { additionalProperties: false },
);

type FileOptions = Omit<Static<typeof SlidesConfig>, 'minTissueFraction'>;

/** A slide of the source; structured-cloneable. */
interface LoadedSlide {
  readonly image: SourceImage;
  readonly path: string;
  /** Of the file when it was checked. */
  readonly version: FileVersion;
  /** The corner of what is used of it, in pixels of level 0. */
  readonly origin: { readonly x: number; readonly y: number };
}

/** Whole slides, read region by region. */
class SlidesSource implements Source {
  readonly images: readonly SourceImage[];
  readonly #open = new Map<number, Slide>();
  /** Of slides that fit into it: of larger ones a tile is hardly ever wanted again. */
  readonly #tiles: TileCache | undefined;

  constructor(
    private readonly library: OpenSlide,
    private readonly loaded: readonly LoadedSlide[],
  ) {
    this.images = loaded.map(({ image }) => image);
    const pixels = this.images.reduce((sum, image) => sum + image.widthPx * image.heightPx, 0);
    const fits = pixels * 3 * ALL_MAGNIFICATIONS <= KEPT_BYTES;
    this.#tiles = fits ? new TileCache(KEPT_BYTES) : undefined;
  }

  async read(index: number, magnification: number, region: Region): Promise<{ hr: RgbImage }> {
    const { image, path, version } = this.loaded[index] as LoadedSlide;
    assertInside(image, magnification, region);
    try {
      return { hr: this.#read(index, magnification, region) };
    } finally {
      // After reading, and the better reason where that failed.
      await assertUnchanged(path, version, image.id);
    }
  }

  handOver(): readonly LoadedSlide[] {
    return this.loaded;
  }

  close(): Promise<void> {
    for (const slide of this.#open.values()) slide.close();
    this.#open.clear();
    return Promise.resolve();
  }

  #read(index: number, magnification: number, region: Region): RgbImage {
    const { image, origin } = this.loaded[index] as LoadedSlide;
    const slide = this.#slide(index);
    const factor = image.magnification / magnification;
    const read = (of: Region) => slide.read(factor, of, origin);
    if (this.#tiles === undefined || !slide.readsAlike(factor, origin)) return read(region);
    return this.#tiles.read(`${index} ${factor}`, sizeAt(image, magnification), region, read);
  }

  #slide(index: number): Slide {
    const open = this.#open.get(index);
    if (open !== undefined) {
      // Last in a map's order is what was used last.
      this.#open.delete(index);
      this.#open.set(index, open);
      return open;
    }
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= OPEN_SLIDES) {
      oldest[1].close();
      this.#open.delete(oldest[0]);
    }
    const { path, image } = this.loaded[index] as LoadedSlide;
    const slide = Slide.open(this.library, path, image.id);
    this.#open.set(index, slide);
    return slide;
  }
}

/**
 * Finds and checks the slides.
 * @throws InputError with what is wrong with any of the files
 */
async function openSlides(
  library: OpenSlide,
  options: FileOptions,
  { folder, signal }: Pick<SourceContext, 'folder' | 'signal'>,
): Promise<SlidesSource> {
  const { files, problems } = await findFiles(options.paths, folder);
  const { results, faults } = await inParallelWithFaults(
    files,
    SLIDES_AT_A_TIME,
    async (file) => loadSlide(library, file, fileOptions(options, file.id)),
    signal,
  );
  signal?.throwIfAborted();
  if (problems.length + faults.length > 0) throw new InputError([...problems, ...faults]);
  return new SlidesSource(library, results);
}

async function loadSlide(
  library: OpenSlide,
  { id, path, bytes }: FoundFile,
  options: LoadOptions,
): Promise<LoadedSlide> {
  if (bytes === 0) throw new MmsrError('E_IMAGE', 'is empty', { where: id });
  const version = await versionOf(path, id);
  const slide = Slide.open(library, path, id);
  try {
    const { bounds } = slide;
    const scale = scaleOfSlide(slide, options, id);
    const place = placeOf(options.region, bounds.width, bounds.height, id);
    const image: SourceImage = {
      id,
      group: options.group ?? id,
      widthPx: place.width,
      heightPx: place.height,
      ...scale,
      ...options.more,
      digest: await digestOfSlide(slide, path),
      ...(options.region === undefined ? {} : { region: place }),
    };
    const origin = { x: bounds.x + place.x, y: bounds.y + place.y };
    // The last pixel is missing when a file is cut off.
    slide.read(1, { x: place.width - 1, y: place.height - 1, width: 1, height: 1 }, origin);
    await assertUnchanged(path, version, id);
    return { image, path, version, origin };
  } finally {
    slide.close();
  }
}

/** Of the file, and of what OpenSlide says of the others that some scanners spread a slide over. */
async function digestOfSlide(slide: Slide, path: string): Promise<string> {
  const file = await digestOf(path);
  const isSpread = ['mirax', 'dicom', 'hamamatsu-vms', 'hamamatsu-vmu'].includes(
    slide.property('openslide.vendor') ?? '',
  );
  if (!isSpread) return file;
  const others = slide.property('openslide.quickhash-1') ?? '';
  return createHash('sha256').update(`${file} ${others}`).digest('hex');
}

/** Without OpenSlide: what the source `images` can read, read by it. */
async function openAsImages(options: FileOptions, context: SourceContext): Promise<Source> {
  try {
    return await openImages(options, context);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.problems.map(withInstall));
  }
}

function withInstall(problem: MmsrError): MmsrError {
  if (problem.code !== 'E_IMAGE') return problem;
  const { code, message, where, advice = '' } = problem;
  return new MmsrError(code, message, { where, advice: `${advice} ${INSTALL}`.trim() });
}

/** Source `slides`: whole slides through OpenSlide. */
export const slidesSource = defineSource({
  name: 'slides',
  apiVersion: 1,
  description: 'Whole slides through OpenSlide: SVS, NDPI, MRXS, SCN, BIF, DICOM, TIFF',
  configSchema: SlidesConfig,
  async create({ minTissueFraction, ...options }, context): Promise<Source> {
    const library = await findOpenSlide();
    const tissueOf = handedOverTissue(context.handedOver);
    if (tissueOf !== undefined) return openAgain(library, tissueOf);
    const source =
      library === undefined
        ? await openAsImages(options, context)
        : await openSlides(library, options, context);
    return withTissue(source, minTissueFraction, context.signal);
  },
});

/** In a loading thread. */
function openAgain(library: OpenSlide | undefined, { inner, tissue }: HandedOverTissue): Source {
  const source =
    library === undefined
      ? new ImagesSource(inner as readonly LoadedImage[])
      : new SlidesSource(library, inner as readonly LoadedSlide[]);
  return tissue === undefined ? source : new TissueSource(source, tissue);
}

import { coveredRegion, MmsrError, type Region, type RgbImage } from '@mmsr/core';
import { type Argb, type Rgb, shrinkOnBackground } from './argb.js';
import type { OpenSlide } from './openslide-library.js';

/** A level of a slide's pyramid. */
export interface Level {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Pixels of level 0 along one of its own, at least 1. */
  readonly downsample: number;
}

/** How far a level may be coarser than what is wanted: scanners round the sizes of their levels. */
const LEVEL_TOLERANCE = 0.001;

/**
 * The level to read from: the coarsest one that is not coarser than what is wanted.
 * @param factor native pixels along a wanted one, at least 1
 */
export function levelFor(levels: readonly Level[], factor: number): number {
  let best = 0;
  levels.forEach(({ downsample }, index) => {
    const isFine = downsample <= factor * (1 + LEVEL_TOLERANCE);
    if (isFine && downsample > (levels[best] as Level).downsample) best = index;
  });
  return best;
}

const WHITE = [255, 255, 255] as const;
/** Scanners whose tiles overlap, as OpenSlide calls them. */
const STITCHED = ['mirax', 'ventana'];

/** A slide that OpenSlide has open. Positions are in native pixels of its part that was scanned. */
export class Slide {
  readonly levels: readonly Level[];
  /** What was scanned, in pixels of level 0: all of it, unless the scanner's file says otherwise. */
  readonly bounds: Region;
  readonly #background: Rgb;
  #handle: object | undefined;

  private constructor(
    private readonly library: OpenSlide,
    handle: object,
    private readonly path: string,
    private readonly where: string,
  ) {
    this.#handle = handle;
    this.levels = this.#readLevels();
    this.bounds = this.#readBounds();
    const color = /^[0-9A-Fa-f]{6}$/.exec(this.property('openslide.background-color') ?? '')?.[0];
    const part = (at: number) => parseInt((color as string).slice(at, at + 2), 16);
    this.#background = color === undefined ? WHITE : [part(0), part(2), part(4)];
  }

  /**
   * Opens a slide.
   * @param where its name in messages
   * @throws MmsrError E_IMAGE when it is none, or damaged
   */
  static open(library: OpenSlide, path: string, where: string): Slide {
    return new Slide(library, openHandle(library, path, where), path, where);
  }

  property(name: string): string | undefined {
    return this.library.property(this.#opened(), name) ?? undefined;
  }

  /** NaN where it is missing or no number. */
  number(name: string): number {
    return Number(this.property(name) ?? Number.NaN);
  }

  /**
   * Reads a region of the slide shrunk by a factor, from the nearest level above it.
   * @param factor native pixels along one that is read, at least 1
   * @param region in shrunk pixels, counted from the origin
   * @param origin in pixels of level 0; by default the corner of what was scanned
   * @throws MmsrError E_IMAGE naming level and position when the file is damaged there
   */
  read(factor: number, region: Region, origin: Pick<Region, 'x' | 'y'> = this.bounds): RgbImage {
    const level = levelFor(this.levels, factor);
    const { downsample } = this.levels[level] as Level;
    const rest = Math.max(1, factor / downsample);
    const argb = this.#readLevel(level, coveredRegion(region, rest), origin);
    return shrinkOnBackground(argb, this.#background, rest, region);
  }

  /**
   * Whether a pixel is the same whatever region it is read with: not where OpenSlide has to move a level by a part
   * of a pixel, or pixels of several tiles lie on each other.
   * @param factor as for `read`
   * @param origin as for `read`
   */
  readsAlike(factor: number, origin: Pick<Region, 'x' | 'y'>): boolean {
    const { downsample } = this.levels[levelFor(this.levels, factor)] as Level;
    const isOnGrid = [downsample, origin.x / downsample, origin.y / downsample].every((number) =>
      Number.isInteger(number),
    );
    return isOnGrid && !STITCHED.includes(this.property('openslide.vendor') ?? '');
  }

  close(): void {
    if (this.#handle !== undefined) this.library.close(this.#handle);
    this.#handle = undefined;
  }

  #opened(): object {
    this.#handle ??= openHandle(this.library, this.path, this.where);
    return this.#handle;
  }

  #readLevel(
    level: number,
    { x, y, width, height }: Region,
    origin: Pick<Region, 'x' | 'y'>,
  ): Argb {
    const { downsample } = this.levels[level] as Level;
    const corner = {
      x: Math.round(origin.x + x * downsample),
      y: Math.round(origin.y + y * downsample),
    };
    const handle = this.#opened();
    const pixels = this.library.read(handle, { level, ...corner, width, height });
    const fault = this.library.error(handle);
    if (fault !== null) {
      // After an error a handle gives nothing more, though other places of the slide may be sound.
      this.close();
      throw new MmsrError(
        'E_IMAGE',
        `level ${level} cannot be read at ${corner.x}, ${corner.y} of level 0: ${fault}`,
        { where: this.where, advice: 'Is the file complete?' },
      );
    }
    return { pixels, width, height };
  }

  #readLevels(): Level[] {
    const sizes = Array.from({ length: this.library.levelCount(this.#opened()) }, (_, level) =>
      this.library.levelSize(this.#opened(), level),
    );
    const native = sizes[0] as { widthPx: number; heightPx: number };
    return sizes.map(({ widthPx, heightPx }) => ({
      widthPx,
      heightPx,
      downsample: (native.widthPx / widthPx + native.heightPx / heightPx) / 2,
    }));
  }

  #readBounds(): Region {
    const { widthPx, heightPx } = this.levels[0] as Level;
    const bound = (name: string) => this.number(`openslide.bounds-${name}`);
    const [x, y, width, height] = [bound('x'), bound('y'), bound('width'), bound('height')];
    const isSound = x >= 0 && y >= 0 && width > 0 && height > 0;
    return isSound && x + width <= widthPx && y + height <= heightPx
      ? { x, y, width, height }
      : { x: 0, y: 0, width: widthPx, height: heightPx };
  }
}

function openHandle(library: OpenSlide, path: string, where: string): object {
  const handle = library.open(path);
  if (handle === null) {
    throw new MmsrError('E_IMAGE', 'is no slide that OpenSlide knows', {
      where,
      advice: 'For PNG, JPEG and plain TIFF files use the source `images`.',
    });
  }
  const fault = library.error(handle);
  if (fault === null) return handle;
  library.close(handle);
  throw new MmsrError('E_IMAGE', `cannot be opened: ${fault}`, {
    where,
    advice: 'Is the file complete?',
  });
}

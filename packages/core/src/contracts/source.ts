import type { Region, RgbImage } from '../images/rgb-image.js';
import type { PluginBase } from './plugin.js';

export type Split = 'train' | 'validation' | 'test';

/** How a real LR image lies on its HR image. */
export interface PairRegistration {
  /** What lies at (x, y) in the shrunk HR image lies at (x + shiftXPx, y + shiftYPx) in the LR image. */
  readonly shiftXPx: number;
  readonly shiftYPx: number;
  /** The LR pixels that are read have been moved back. */
  readonly isCorrected: boolean;
}

/** One image or slide region that patches can be taken from. */
export interface SourceImage {
  /** Unique in the source and the same in every run, such as a path relative to the YAML. */
  readonly id: string;
  /** Slide or patient: what statistics resample, and what no two splits may share. */
  readonly group: string;
  /** Size in native pixels, of the region when one is set. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Native objective power, such as 20 or 40. */
  readonly magnification: number;
  /** The objective power that the file is labelled with; only a label where microns per pixel decided. */
  readonly objectivePower?: number | undefined;
  /** Native resolution where it is known. */
  readonly micronsPerPixel?: number | undefined;
  /** Native height of a pixel where it is known beside its width, `micronsPerPixel`. */
  readonly micronsPerPixelY?: number | undefined;
  /** Label times microns per pixel where the labels are right; by default 10, as scanners have it. */
  readonly micronsAt1x?: number | undefined;
  /** Used at its own magnification alone, or at lower ones too; by default it must give all asked for. */
  readonly serves?: 'own' | 'own-and-lower' | undefined;
  /** Patches begin at multiples of it, in pixels of any magnification: the scale, of pairs. */
  readonly gridPx?: number | undefined;
  readonly registration?: PairRegistration | undefined;
  /** SHA-256 of the file's bytes or of what the pixels follow from, in hex. */
  readonly digest: string;
  /** Where in the file the image lies, in native pixels, when it is a part of it. */
  readonly region?: Region | undefined;
}

export interface Source {
  readonly images: readonly SourceImage[];
  /** What is no error but worth a look, such as images that were left out. */
  readonly warnings?: readonly string[];
  /**
   * Reads pixels at a magnification. Safe to call again before an earlier call has ended.
   * @param index place in `images`
   * @param magnification at most the image's own; lower ones are shrunk as a scanner's pyramid is
   * @param region in pixels of that magnification, inside the image
   * @returns the HR pixels; with `lr` where the source holds real pairs
   */
  read(
    index: number,
    magnification: number,
    region: Region,
  ): Promise<{ hr: RgbImage; lr?: RgbImage }>;
  /**
   * Whether a patch there is worth training or testing on, such as one that shows tissue; without it each is.
   * Quick: it is asked for every place of an image.
   */
  accepts?(index: number, magnification: number, region: Region): boolean;
  /** What a worker thread needs to open the same source quickly; structured-cloneable, shared memory welcome. */
  handOver?(): unknown;
  close(): Promise<void>;
}

export interface SourceContext {
  /** The run's seed; only sources that make their images use it. */
  readonly seed: number;
  readonly split: Split;
  readonly scale: number;
  /** Folder of the experiment file: paths in the options are relative to it. */
  readonly folder: string;
  /** What `handOver` gave, in a worker thread. */
  readonly handedOver?: unknown;
  /** Ends the opening: what takes long looks at it between images and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface SourcePlugin extends PluginBase<'source'> {
  create(config: object, context: SourceContext): Promise<Source>;
}

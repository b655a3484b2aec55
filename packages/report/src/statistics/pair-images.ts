import { MmsrError, type ImageResult } from '@mmsr/core';

/** What statistics need of a cell that is done. */
export interface TestedCell {
  readonly cell: string;
  readonly seed: number;
  readonly images: readonly ImageResult[];
  /** The same for cells that were tested on the same pixels. */
  readonly testContent: string;
}

/** A cell and what it is compared with on the same images: another cell of the same seed, or bicubic. */
export interface CellPair {
  readonly cell: TestedCell;
  readonly baseline: TestedCell | 'bicubic';
}

export type Metric = 'psnrDb' | 'ssim';
export const METRICS: readonly Metric[] = ['psnrDb', 'ssim'];

/** What `metric` is called and how many digits its differences have. */
export const METRIC_NAMES = {
  psnrDb: { name: 'PSNR', unit: ' dB', digits: 3 },
  ssim: { name: 'SSIM', unit: '', digits: 5 },
} as const satisfies Record<Metric, object>;

/** The difference of one metric on one image; null where either value is missing or not finite. */
export interface ImageDifference {
  readonly group: string;
  readonly magnification: number;
  readonly difference: number | null;
}

/**
 * Differences image by image, matched by id and magnification.
 * @throws MmsrError E_RUN_DIRECTORY when the cells were not tested on the same images, naming some
 */
export function pairImages({ cell, baseline }: CellPair, metric: Metric): ImageDifference[] {
  if (baseline === 'bicubic') {
    return cell.images.map((image) => toDifference(image, image[metric], image.bicubic[metric]));
  }
  assertSameImages(cell, baseline);
  const others = new Map(baseline.images.map((image) => [keyOf(image), image]));
  return cell.images.map((image) =>
    toDifference(image, image[metric], others.get(keyOf(image))?.[metric]),
  );
}

function toDifference(
  { group, magnification }: ImageResult,
  value: number | undefined,
  base: number | undefined,
): ImageDifference {
  // JSON has no NaN or infinity: they come back as null.
  const both = Number.isFinite(value) && Number.isFinite(base);
  return { group, magnification, difference: both ? (value as number) - (base as number) : null };
}

function keyOf({ id, magnification }: ImageResult): string {
  return JSON.stringify([id, magnification]);
}

function assertSameImages(cell: TestedCell, baseline: TestedCell): void {
  const fault = imageMismatch(cell, baseline);
  if (fault === undefined) return;
  throw new MmsrError('E_RUN_DIRECTORY', fault, {
    where: cell.cell,
    advice: 'Run both cells again on the same test images, in a new folder.',
  });
}

/** Why two cells cannot be paired, naming some images; undefined when they can. */
export function imageMismatch(cell: TestedCell, baseline: TestedCell): string | undefined {
  const [ofCell, ofBaseline] = [cell, baseline].map(({ images }) => images.map(keyOf)) as [
    string[],
    string[],
  ];
  if (new Set(ofCell).size < ofCell.length) return 'holds a test image twice';
  const only = (some: string[], others: string[], name: string) => {
    const known = new Set(others);
    const alone = some.filter((key) => !known.has(key));
    return alone.length === 0 ? [] : [`only in ${name}: ${listed(alone)}`];
  };
  const differing = [
    ...only(ofCell, ofBaseline, cell.cell),
    ...only(ofBaseline, ofCell, baseline.cell),
  ];
  if (differing.length > 0) {
    return `was not tested on the images of ${baseline.cell}; ${differing.join('; ')}`;
  }
  return cell.testContent === baseline.testContent
    ? undefined
    : `was not tested on the images of ${baseline.cell}: ids are the same, the files are not`;
}

function shown(key: string): string {
  const [id, magnification] = JSON.parse(key) as [string, number];
  return `${id} (${magnification}x)`;
}

function listed(keys: readonly string[], longest = 3): string {
  const more = keys.length > longest ? ` and ${keys.length - longest} more` : '';
  return keys.slice(0, longest).map(shown).join(', ') + more;
}

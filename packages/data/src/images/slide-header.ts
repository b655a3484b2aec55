import type { GeoTIFFImage } from 'geotiff';

/** What the header of a TIFF file says about its first image. */
export interface SlideHeader {
  readonly magnification?: number;
  readonly micronsPerPixel?: number;
  /** Height of a pixel where the header gives it beside its width. */
  readonly micronsPerPixelY?: number;
  /** Pixels are stored in tiles, so that a part can be read without all that is above it. */
  readonly tiled: boolean;
  /** Red, green and blue are pages of their own. */
  readonly planesApart: boolean;
}

/** Aperio and OME headers of a TIFF or BigTIFF file. */
export async function readSlideHeader(path: string): Promise<SlideHeader> {
  // Loaded when it is needed: a loading thread gets its images with their headers read.
  const { fromFile } = await import('geotiff');
  const file = await fromFile(path);
  try {
    const image = await file.getImage(0);
    const description = await readDescription(image);
    const ome = description.includes('<OME');
    return {
      ...(ome ? parseOmeXml(description) : parseAperio(description)),
      tiled: image.fileDirectory.hasTag('TileWidth'),
      planesApart: ome && image.getSamplesPerPixel() === 1 && attribute(description, 'SizeC') > 1,
    };
  } finally {
    await file.close();
  }
}

async function readDescription({ fileDirectory }: GeoTIFFImage): Promise<string> {
  if (!fileDirectory.hasTag('ImageDescription')) return '';
  return String(await fileDirectory.loadValue('ImageDescription'));
}

type Scale = Pick<SlideHeader, 'magnification' | 'micronsPerPixel' | 'micronsPerPixelY'>;

function scaleOf(magnification: number, micronsPerPixel: number): Scale {
  return {
    ...(magnification > 0 ? { magnification } : {}),
    ...(micronsPerPixel > 0 ? { micronsPerPixel } : {}),
  };
}

/** Aperio: `Aperio Image Library ... |AppMag = 20|...|MPP = 0.4990|...`. */
export function parseAperio(description: string): Scale {
  if (!description.startsWith('Aperio')) return {};
  const field = (name: string) =>
    Number(new RegExp(`\\|\\s*${name}\\s*=\\s*([0-9.]+)`).exec(description)?.[1]);
  return scaleOf(field('AppMag'), field('MPP'));
}

/** Micrometres per unit of PhysicalSizeX. */
const MICRONS: Readonly<Record<string, number>> = {
  nm: 1e-3,
  µm: 1,
  um: 1,
  mm: 1e3,
  cm: 1e4,
  m: 1e6,
};

/** OME-XML: the first image's objective and pixel size. */
export function parseOmeXml(xml: string): Scale {
  const image = /<Image\b[\s\S]*?(?:<\/Image>|$)/.exec(xml)?.[0] ?? '';
  const pixels = /<Pixels\b[^>]*>/.exec(image)?.[0] ?? '';
  const size = attribute(pixels, 'PhysicalSizeX') * (MICRONS[unitOf(pixels, 'X')] ?? Number.NaN);
  const height = attribute(pixels, 'PhysicalSizeY') * (MICRONS[unitOf(pixels, 'Y')] ?? Number.NaN);
  const settings = /<ObjectiveSettings\b[^>]*>/.exec(image)?.[0] ?? '';
  const objectives = xml.match(/<Objective\b[^>]*>/g) ?? [];
  const used = textAttribute(settings, 'ID');
  const objective =
    objectives.find((element) => textAttribute(element, 'ID') === used) ??
    (objectives.length === 1 ? objectives[0] : undefined);
  return {
    ...scaleOf(attribute(objective ?? '', 'NominalMagnification'), size),
    ...(height > 0 ? { micronsPerPixelY: height } : {}),
  };
}

function unitOf(pixels: string, axis: 'X' | 'Y'): string {
  const unit = textAttribute(pixels, `PhysicalSize${axis}Unit`) ?? 'µm';
  // The micro sign is one of two characters, and read as Latin-1 when the tag is taken for ASCII.
  return unit.replace(/^(Âµ|Î¼|μ)/, 'µ');
}

function textAttribute(element: string, name: string): string | undefined {
  return new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`).exec(element)?.[1];
}

/** NaN when there is none. */
function attribute(element: string, name: string): number {
  return Number(textAttribute(element, name) ?? Number.NaN);
}

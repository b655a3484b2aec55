import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, unevenBytes } from '../testing/temporary-folder.js';
import { tiffBytes } from '../testing/tiff-bytes.js';
import { parseAperio, parseOmeXml, readSlideHeader } from './slide-header.js';

const folder = temporaryFolder();

test('an Aperio description', () => {
  const description =
    'Aperio Image Library v11.2.1 \r\n46000x32914 (240x240) JPEG/RGB Q=30|AppMag = 20|' +
    'StripeWidth = 2040|MPP = 0.4990|Left = 25.691574|OriginalWidth = 46920';
  expect(parseAperio(description)).toEqual({ magnification: 20, micronsPerPixel: 0.499 });
  expect(parseAperio('Aperio Image Library v11|AppMag = 40')).toEqual({ magnification: 40 });
  expect(parseAperio('by someone else |AppMag = 20|MPP = 0.5')).toEqual({});
});

const ome = (
  pixels: string,
  objectives: string,
  settings = '<ObjectiveSettings ID="Objective:1"/>',
) =>
  `<?xml version="1.0"?><OME xmlns="x"><Instrument ID="Instrument:0">${objectives}</Instrument>` +
  `<Image ID="Image:0">${settings}<Pixels ID="Pixels:0" SizeC="3" ${pixels}/></Image>` +
  `<Image ID="Image:1"><Pixels PhysicalSizeX="9"/></Image></OME>`;

test("the objective of an OME file's first image, and its pixel size in any unit", () => {
  const two =
    '<Objective ID="Objective:0" NominalMagnification="20"/>' +
    '<Objective NominalMagnification="40.0" ID="Objective:1" LensNA="0.95"/>';
  const scale = { magnification: 40, micronsPerPixel: 0.25 };
  expect(parseOmeXml(ome('PhysicalSizeX="0.25"', two))).toEqual(scale);
  for (const [size, unit] of [
    ['0.25', 'µm'],
    ['0.25', 'μm'],
    ['0.25', 'Âµm'],
    ['250', 'nm'],
    ['0.00025', 'mm'],
  ]) {
    const pixels = `PhysicalSizeX="${size}" PhysicalSizeXUnit="${unit}"`;
    const parsed = parseOmeXml(ome(pixels, two));
    expect(parsed.micronsPerPixel).toBeCloseTo(0.25, 12);
  }
  expect(parseOmeXml(ome('PhysicalSizeX="1" PhysicalSizeXUnit="pixel"', ''))).toEqual({});
  const uneven = 'PhysicalSizeX="0.25" PhysicalSizeY="300" PhysicalSizeYUnit="nm"';
  expect(parseOmeXml(ome(uneven, two))).toEqual({ ...scale, micronsPerPixelY: 0.3 });
  // Two objectives and no word on which: not guessed.
  expect(parseOmeXml(ome('PhysicalSizeX="0.25"', two, ''))).toEqual({ micronsPerPixel: 0.25 });
});

test.each([false, true])('headers of a file, BigTIFF: %s', async (bigTiff) => {
  const path = join(folder, `header-${String(bigTiff)}.tif`);
  const data = unevenBytes(8 * 6 * 3);
  const description = 'Aperio test|AppMag = 40|MPP = 0.2500';
  writeFileSync(path, tiffBytes({ widthPx: 8, heightPx: 6, data, description, bigTiff }));
  expect(await readSlideHeader(path)).toEqual({
    magnification: 40,
    micronsPerPixel: 0.25,
    tiled: false,
    planesApart: false,
  });
});

test('colours on pages of their own are seen', async () => {
  const path = join(folder, 'planes.ome.tif');
  const contents = { widthPx: 8, heightPx: 6, data: unevenBytes(48), samples: 1 as const };
  writeFileSync(path, tiffBytes({ ...contents, description: ome('PhysicalSizeX="0.5"', '') }));
  expect(await readSlideHeader(path)).toMatchObject({ planesApart: true, micronsPerPixel: 0.5 });
});

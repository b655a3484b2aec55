import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { InputError, shrinkByArea, type RgbImage } from '@mmsr/core';
import sharp from 'sharp';
import { temporaryFolder, unevenBytes } from '../testing/temporary-folder.js';
import { tiffBytes } from '../testing/tiff-bytes.js';
import { findFiles } from './find-files.js';
import { openFiles, openImages } from './images-source.js';
import { MemoryBudget } from './memory-budget.js';
import { crop } from './native-pixels.js';

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const widthPx = 60;
const heightPx = 40;
const rgb = unevenBytes(widthPx * heightPx * 3);
const pixels = () => sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } });
const whole = { x: 0, y: 0, width: widthPx, height: heightPx };
const stated = { magnification: 20 };

function writeSlide(name: string, description: string): void {
  writeFileSync(path(name), tiffBytes({ widthPx, heightPx, data: rgb, description }));
}

async function problemsOf(opening: Promise<unknown>): Promise<string[]> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).problems.map((problem) => problem.describe());
}

async function pixelsOf(name: string): Promise<RgbImage> {
  const source = await openImages({ paths: [name], ...stated }, { folder });
  const { hr } = await source.read(0, 20, whole);
  await source.close();
  return hr;
}

beforeAll(async () => {
  await pixels().png().toFile(path('rgb.png'));
  await pixels().tiff({ compression: 'lzw' }).toFile(path('rgb.tif'));
  await pixels().webp({ lossless: true }).toFile(path('rgb.webp'));
  await pixels().jpeg({ quality: 90 }).toFile(path('rgb.jpg'));
  const tiles = { tile: true, tileWidth: 16, tileHeight: 16, compression: 'jpeg' } as const;
  await pixels()
    .tiff({ ...tiles, bigtiff: true })
    .toFile(path('tiled.tif'));
  writeSlide('aperio.svs', 'Aperio|AppMag = 40|MPP = 0.2500');
  writeSlide('unscaled.tif', 'nothing');
  writeSlide('resolution.svs', 'Aperio|MPP = 0.2500');
});

test.each(['rgb.png', 'rgb.tif', 'rgb.webp', 'unscaled.tif'])(
  '%s is read as it is',
  async (name) => {
    expect((await pixelsOf(name)).data).toEqual(rgb);
  },
);

test('magnification, resolution, size and digest come from the file', async () => {
  const source = await openImages({ paths: ['aperio.svs'] }, { folder });
  expect(source.images).toEqual([
    {
      id: 'aperio.svs',
      group: 'aperio.svs',
      widthPx,
      heightPx,
      magnification: 40,
      micronsPerPixel: 0.25,
      digest: createHash('sha256')
        .update(readFileSync(path('aperio.svs')))
        .digest('hex'),
    },
  ]);
});

test('what is stated may repeat the header and fill its gaps, not contradict it', async () => {
  const open = (options: object) => openImages({ paths: ['aperio.svs'], ...options }, { folder });
  const agreeing = await open({ magnification: 40, micronsPerPixel: 0.2524, group: 'patient 1' });
  expect(agreeing.images[0]).toMatchObject({ micronsPerPixel: 0.2524, group: 'patient 1' });
  expect(await problemsOf(open({ magnification: 20 }))).toEqual([
    "aperio.svs: the experiment states magnification 20, the file's header says 40. Remove " +
      "`magnification` to take the header's, or correct it. [E_DATA]",
  ]);
  expect(await problemsOf(open({ micronsPerPixel: 0.2526 }))).toEqual([
    "aperio.svs: the experiment states micronsPerPixel 0.2526, the file's header says 0.25. Remove " +
      "`micronsPerPixel` to take the header's, or correct it. [E_DATA]",
  ]);
});

test('a magnification that nobody states is asked for', async () => {
  const paths = ['rgb.png', 'resolution.svs'];
  expect(await problemsOf(openImages({ paths }, { folder }))).toEqual([
    'resolution.svs: the file does not say its magnification. State `magnification` beside ' +
      '`paths`; 0.25 microns per pixel are usual for about 40x. [E_DATA]',
    'rgb.png: the file does not say its magnification. State `magnification` beside `paths`. [E_DATA]',
  ]);
  const source = await openImages({ paths, ...stated }, { folder });
  expect(source.images.map(({ magnification }) => magnification)).toEqual([20, 20]);
});

test('grey is repeated, the upper half of 16 bits is kept, opaque alpha is dropped', async () => {
  const grey = unevenBytes(widthPx * heightPx);
  const raw = { width: widthPx, height: heightPx } as const;
  await sharp(grey, { raw: { ...raw, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path('g.png'));
  const repeated = Uint8Array.from(rgb, (_, i) => grey[Math.floor(i / 3)] as number);
  expect((await pixelsOf('g.png')).data).toEqual(repeated);
  const deep = Uint16Array.from(rgb, (value, i) => value * 256 + ((i * 89) % 256));
  await sharp(deep, { raw: { ...raw, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toFile(path('16.png'));
  expect((await pixelsOf('16.png')).data).toEqual(rgb);
  await pixels().ensureAlpha(1).png().toFile(path('opaque.png'));
  expect((await pixelsOf('opaque.png')).data).toEqual(rgb);
});

test('what cannot be used is named, all of it at once', async () => {
  const cut = (name: string) => {
    const bytes = readFileSync(path(name));
    writeFileSync(path(`cut-${name}`), bytes.subarray(0, Math.floor(bytes.length * 0.7)));
  };
  cut('rgb.png');
  cut('rgb.jpg');
  writeFileSync(path('empty.png'), '');
  writeFileSync(path('text.png'), 'no image');
  await pixels().ensureAlpha(0.5).png().toFile(path('glass.png'));
  await pixels().toColourspace('cmyk').jpeg().toFile(path('cmyk.jpg'));
  const paths = ['cmyk.jpg', 'cut-*', 'empty.png', 'glass.png', 'gone.png', 'rgb.png', 'text.png'];
  const budget = new MemoryBudget(1e6);
  const problems = await problemsOf(openImages({ paths, ...stated }, { folder }, budget));
  expect(problems.map((text) => text.replace(/decoded: .*? Is/, 'decoded: ... Is'))).toEqual([
    'gone.png: there is no such file. Paths are relative to the folder of the experiment file. [E_FILE]',
    'cmyk.jpg: has 4 channels of uchar values in the colour space cmyk. Convert it to 8-bit RGB. [E_IMAGE]',
    'cut-rgb.jpg: cannot be decoded: ... Is the file complete? [E_IMAGE]',
    'cut-rgb.png: cannot be decoded: ... Is the file complete? [E_IMAGE]',
    'empty.png: is empty [E_IMAGE]',
    'glass.png: has transparent pixels. Flatten it on its background. [E_IMAGE]',
    'text.png: cannot be decoded: ... Is the file complete? [E_IMAGE]',
  ]);
  // Nothing stays taken after a failure, of the good image neither.
  expect(budget.take(1e6)).toBe(true);
});

test('a region is what is used, and must lie inside', async () => {
  const region = { x: 20, y: 12, width: 40, height: 28 };
  const open = (options: object) =>
    openImages({ paths: ['rgb.png'], ...stated, ...options }, { folder });
  const source = await open({ region });
  expect(source.images[0]).toMatchObject({ widthPx: 40, heightPx: 28, region });
  const part = { x: 3, y: 4, width: 10, height: 9 };
  const { hr } = await source.read(0, 20, part);
  expect(hr).toEqual(crop({ widthPx, heightPx, data: rgb }, { ...part, x: 23, y: 16 }));
  expect(await problemsOf(open({ region: { ...region, x: 21 } }))).toEqual([
    'rgb.png: the region of 40x28 pixels at 21, 12 reaches beyond the image of 60x40. Correct ' +
      '`region`; it is in native pixels. [E_DATA]',
  ]);
});

test('lower magnifications are averaged by area; nothing is read beyond the edge', async () => {
  const source = await openImages({ paths: ['aperio.svs'] }, { folder });
  const read = (magnification: number, x: number) =>
    source.read(0, magnification, { x, y: 2, width: 6, height: 5 });
  for (const magnification of [20, 15, 10]) {
    const level = shrinkByArea({ widthPx, heightPx, data: rgb }, 40 / magnification);
    const { hr } = await read(magnification, 7);
    expect(hr).toEqual(crop(level, { x: 7, y: 2, width: 6, height: 5 }));
  }
  await expect(read(20, 25)).rejects.toThrow('6x5 pixels at 25, 2 are not inside the image');
  await expect(read(80, 0)).rejects.toMatchObject({ code: 'E_DATA', where: 'aperio.svs' });
});

test.each(['tiled.tif', 'rgb.png', 'rgb.jpg'])(
  'what memory cannot hold is read from %s region by region, to the same pixels',
  async (name) => {
    const options = { paths: [name], ...stated, region: { x: 5, y: 3, width: 50, height: 36 } };
    const inMemory = await openImages(options, { folder });
    const inFile = await openImages(options, { folder }, new MemoryBudget(50 * 36 * 3 - 1));
    expect(inFile.handOver()[0]?.pixels).toBeUndefined();
    for (const region of [
      { x: 0, y: 0, width: 50, height: 36 },
      { x: 33, y: 21, width: 17, height: 15 },
      { x: 33, y: 21, width: 17, height: 15 },
      { x: 12, y: 4, width: 17, height: 15 },
    ]) {
      const expected = await inMemory.read(0, 20, region);
      expect(await inFile.read(0, 20, region)).toEqual(expected);
    }
  },
);

test('a cut file is found though memory cannot hold its pixels', async () => {
  const bytes = readFileSync(path('rgb.jpg'));
  writeFileSync(path('short.jpg'), bytes.subarray(0, Math.floor(bytes.length * 0.8)));
  const opening = openImages({ paths: ['short.jpg'], ...stated }, { folder }, new MemoryBudget(0));
  expect(await problemsOf(opening)).toEqual([
    expect.stringMatching(/^short.jpg: cannot be decoded/),
  ]);
});

test('an image that claims more pixels than can be read safely is refused', async () => {
  // A PNG header of 40000 x 40000 pixels and nothing behind it.
  const png = Buffer.from(readFileSync(path('rgb.png')));
  png.writeUInt32BE(40000, 16);
  png.writeUInt32BE(40000, 20);
  png.writeInt32BE(crc32(png.subarray(12, 29)), 29);
  writeFileSync(path('bomb.png'), png);
  const opening = openImages({ paths: ['bomb.png'], ...stated }, { folder });
  expect(await problemsOf(opening)).toEqual([
    'bomb.png: has 1600000000 pixels and is not tiled. Above 268402689 pixels only tiled TIFF ' +
      'files are read: convert it. [E_IMAGE]',
  ]);
});

/** PNG's checksum; Node 20 has none. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

test('a signal ends the opening after the images in hand, and their memory is given back', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `${i}.png`);
  for (const name of names) await pixels().png().toFile(path(name));
  const { files } = await findFiles(names, folder);
  const reason = new Error('stopped');
  const stop = new AbortController();
  const begun: string[] = [];
  const bytes = names.length * rgb.length;
  const budget = new MemoryBudget(bytes);
  const optionsOf = ({ id }: { id: string }) => {
    begun.push(id);
    if (begun.length === 6) stop.abort(reason);
    return stated;
  };
  const opening = openFiles(files, optionsOf, { budget, signal: stop.signal });
  await expect(opening).rejects.toBe(reason);
  expect(begun.length).toBe(6);
  expect(budget.take(bytes)).toBe(true);
});

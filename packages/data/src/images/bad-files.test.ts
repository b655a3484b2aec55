import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError, type Source } from '@mmsr/core';
import sharp from 'sharp';
import { openBreakhis } from '../breakhis/breakhis-source.js';
import { openPairs } from '../pairs/pairs-source.js';
import { claiming, ofBits, withoutTiles } from '../testing/claimed-size.js';
import { temporaryFolder, unevenBytes } from '../testing/temporary-folder.js';
import { withoutRights } from '../testing/without-rights.js';
import { openImages } from './images-source.js';

/* What data sets have in them that is no image, or not one that can be used, by every source of files. */

const folder = temporaryFolder();
chmodSync(folder, 0o755);
const sidePx = 32;
const rgb = unevenBytes(sidePx * sidePx * 3);
const pixels = () => sharp(rgb, { raw: { width: sidePx, height: sidePx, channels: 3 } });
const png = await pixels().png().toBuffer();
const jpeg = await pixels().jpeg({ quality: 90 }).toBuffer();
const strips = await pixels().tiff({ compression: 'lzw' }).toBuffer();
const tiles = await pixels()
  .tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 })
  .toBuffer();
const plain = await pixels().tiff({ compression: 'none' }).toBuffer();
const cut = (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length * 0.7));

const DAMAGED = /^cannot be decoded: .+ Is the file complete\? \[E_IMAGE\]$/;
/** What a file holds, and what is said of it. */
const BAD: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  'zero bytes': [Buffer.alloc(0), /^is empty \[E_IMAGE\]$/],
  'a page of text': [Buffer.from('<html>404 Not Found</html>'), DAMAGED],
  'a PNG that is cut off': [cut(png), DAMAGED],
  'a JPEG that is cut off': [cut(jpeg), DAMAGED],
  'a TIFF that is cut off': [cut(strips), DAMAGED],
  'a TIFF that claims 100000x100000 pixels': [
    claiming(strips, 100000),
    /^has 10000000000 pixels and is not tiled\. Above 268402689 pixels only tiled TIFF/,
  ],
  'a tiled TIFF that claims 100000x100000 pixels': [claiming(tiles, 100000), DAMAGED],
  'a TIFF of 100000x100000 pixels without its tiles': [withoutTiles(100000, 256), DAMAGED],
  CMYK: [
    await pixels().toColourspace('cmyk').tiff().toBuffer(),
    /^has 4 channels of uchar values in the colour space cmyk\. Convert it to 8-bit RGB\. \[E_IMAGE\]$/,
  ],
  'values of 32 bits': [ofBits(plain, 32), /^(has 3 channels of uint values|cannot be decoded)/],
  'transparent pixels': [
    await pixels().ensureAlpha(0.5).png().toBuffer(),
    /^has transparent pixels\. Flatten it on its background\. \[E_IMAGE\]$/,
  ],
};

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

/** What is wrong, by the file that is named. */
async function problemsOf(opening: Promise<Source>): Promise<[string, string][]> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).problems.map((problem) => {
    const where = problem.where ?? '';
    return [where, problem.describe().slice(where.length + 2)];
  });
}

const images = (...paths: string[]) => openImages({ paths, magnification: 20 }, { folder });

describe.each(Object.entries(BAD))('%s', (name, [bytes, message]) => {
  // Sources do not go by the ending.
  const file = `${name.replaceAll(' ', '-')}.png`;
  const expected = (path: string) => [[path, expect.stringMatching(message) as string]];

  test('among images', async () => {
    put('images/good.png', png);
    put(`images/${file}`, bytes);
    const opening = images('images/good.png', `images/${file}`);
    expect(await problemsOf(opening)).toEqual(expected(`images/${file}`));
  });

  test('on either side of a pair', async () => {
    const options = {
      hrSuffix: '',
      lrSuffix: '',
      registration: 'report',
      magnification: 20,
    } as const;
    const open = (hr: string, lr: string) =>
      problemsOf(openPairs({ ...options, hr: [hr], lr: [lr] }, { folder, scale: 2 }));
    put(`pairs/good/${file}`, png);
    put(`pairs/bad/${file}`, bytes);
    const [good, bad] = [`pairs/good/${file}`, `pairs/bad/${file}`];
    expect(await open(bad, good)).toEqual(expected(bad));
    expect(await open(good, bad)).toEqual(expected(bad));
  });

  test('in BreaKHis', async () => {
    const place = `${file}/benign/SOB/adenosis/SOB_B_A_14-22549AB/40X`;
    put(`${place}/SOB_B_A-14-22549AB-40-001.png`, bytes);
    put(`${place}/SOB_B_A-14-22549AB-40-002.png`, png);
    const options = { magnifications: [40 as const], classes: ['benign' as const], shrink: false };
    const opening = openBreakhis({ path: file, ...options }, { folder });
    expect(await problemsOf(opening)).toEqual(expected(`${place}/SOB_B_A-14-22549AB-40-001.png`));
  });
});

test('a file, or a folder, that may not be read', async () => {
  put('secret/file.png', png);
  put('secret/folder/a.png', png);
  chmodSync(join(folder, 'secret/file.png'), 0);
  chmodSync(join(folder, 'secret/folder'), 0);
  const advice = 'Give yourself permission to read it, and to enter its folders. [E_FILE]';
  const paths = ['secret/*.png', 'secret/folder/a.png'];
  expect(await withoutRights(() => problemsOf(images(...paths)))).toEqual([
    ['secret/folder/a.png', `may not be read. ${advice}`],
    ['secret/file.png', `may not be read. ${advice}`],
  ]);
  chmodSync(join(folder, 'secret/folder'), 0o755);
});

test('links in a circle: a folder in itself is searched once, a link to itself is named', async () => {
  put('links/deep/a.png', readFileSync(join(folder, 'images/good.png')));
  symlinkSync('..', join(folder, 'links/deep/up'));
  symlinkSync('self.png', join(folder, 'links/self.png'));
  const found = await images('links/**/a.png');
  expect(found.images.map(({ id }) => id)).toEqual(['links/deep/a.png']);
  expect(await problemsOf(images('links/self.png'))).toEqual([
    [
      'links/self.png',
      'is a symbolic link that leads to itself. Correct the link, or leave it out of `paths`. [E_FILE]',
    ],
  ]);
});

test('files that claim much take little memory', async () => {
  const claims = Object.keys(BAD).filter((name) => name.includes('100000'));
  expect(claims).toHaveLength(3);
  const before = process.memoryUsage().rss;
  for (const name of claims) {
    await problemsOf(images(`images/${name.replaceAll(' ', '-')}.png`));
    // Its pixels would be 30 GB.
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  }
});

import { join } from 'node:path';
import sharp from 'sharp';
import { temporaryFolder, unevenBytes } from './testing/temporary-folder.js';
import { writePng } from './write-png.js';

const folder = temporaryFolder();
const image = { widthPx: 5, heightPx: 4, data: unevenBytes(60) };

test('a PNG holds the very pixels', async () => {
  await writePng(join(folder, 'a.png'), image);
  const { data, info } = await sharp(join(folder, 'a.png'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([5, 4, 3]);
  expect(new Uint8Array(data)).toEqual(image.data);
});

test('a file that cannot be written is named', async () => {
  const path = join(folder, 'no such folder', 'a.png');
  await expect(writePng(path, image)).rejects.toMatchObject({ code: 'E_FILE', where: path });
});

import {
  createRgbImage,
  randomStream,
  resizeBicubic,
  type RgbImage,
  type Source,
} from '@mmsr/core';
import { applyTransforms } from '../stain/transforms.js';
import { unevenBytes } from '../testing/temporary-folder.js';
import { orient } from './orientation.js';
import { readPair, type PatchMaker } from './read-pair.js';

const hr: RgbImage = { widthPx: 12, heightPx: 12, data: unevenBytes(12 * 12 * 3) };
const pairedLr: RgbImage = { widthPx: 6, heightPx: 6, data: unevenBytes(6 * 6 * 3, 2) };
const place = { image: 0, magnification: 10, x: 5, y: 8 };
const orientation = { isFlipped: true, quarterTurns: 3 };
const random = randomStream(1, 'test');

function maker(read: { hr: RgbImage; lr?: RgbImage } | Error): PatchMaker {
  const source: Source = {
    images: [
      { id: 'a.svs', group: 'a', widthPx: 99, heightPx: 99, magnification: 20, digest: 'a' },
    ],
    read: () => (read instanceof Error ? Promise.reject(read) : Promise.resolve(read)),
    close: () => Promise.resolve(),
  };
  const degradation = { degrade: (image: RgbImage) => resizeBicubic(image, 1 / 2) };
  return { source, degradation, patchPx: 12, scale: 2 };
}

test('the LR image is made of the turned HR image, so the two lie alike', async () => {
  const pair = await readPair(maker({ hr }), place, random, orientation);
  expect(pair.hr).toEqual(orient(hr, orientation));
  expect(pair.hr).not.toEqual(hr);
  expect(pair.lr).toEqual(resizeBicubic(orient(hr, orientation), 1 / 2));
});

test('of a real pair both are turned and nothing is degraded', async () => {
  const pair = await readPair(maker({ hr, lr: pairedLr }), place, random, orientation);
  expect(pair.hr).toEqual(orient(hr, orientation));
  expect(pair.lr).toEqual(orient(pairedLr, orientation));
});

test('colours are changed before the LR image is made; of a real pair both get the same', async () => {
  const jitter = { name: 'stain-jitter', method: 'hed', sigma: 0.3 } as const;
  const stain = () => randomStream(1, 'stain');
  const changed = (image: RgbImage) => applyTransforms([jitter], { hr: image }, stain()).hr;
  const read = (pair: { hr: RgbImage; lr?: RgbImage }) =>
    readPair({ ...maker(pair), transforms: [jitter] }, place, random, orientation, stain());
  const made = await read({ hr });
  expect(made.hr).toEqual(changed(orient(hr, orientation)));
  expect(made.hr).not.toEqual(orient(hr, orientation));
  expect(made.lr).toEqual(resizeBicubic(made.hr, 1 / 2));
  const real = await read({ hr, lr: pairedLr });
  expect(real.hr).toEqual(made.hr);
  expect(real.lr).toEqual(changed(orient(pairedLr, orientation)));
});

test.each([
  ['HR', { hr: createRgbImage(12, 10) }, /HR patch is 12x10 pixels in 360 bytes, not 12x12/],
  ['LR', { hr, lr: createRgbImage(12, 12) }, /LR patch is 12x12 pixels in 432 bytes, not 6x6/],
])('a %s image of the wrong size is refused, and the place named', async (_name, read, message) => {
  const error = readPair(maker(read), place, random, orientation);
  await expect(error).rejects.toThrow(message);
  await expect(error).rejects.toMatchObject({ code: 'E_DATA', where: 'a.svs at 10x, x 5, y 8' });
});

test('any error of a source names the place', async () => {
  const error = readPair(maker(new Error('disk is gone')), place, random);
  await expect(error).rejects.toMatchObject({
    code: 'E_IMAGE',
    message: 'disk is gone',
    where: 'a.svs at 10x, x 5, y 8',
  });
});

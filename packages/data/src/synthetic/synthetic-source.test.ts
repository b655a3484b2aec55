import { createHash } from 'node:crypto';
import type { RgbImage, Source, Split } from '@mmsr/core';
import { TISSUE_OPTIONS as tissue } from '../testing/test-experiment.js';
import { syntheticSource } from './synthetic-source.js';

const context = { seed: 1, split: 'train' as Split, scale: 2, folder: '.' };

function open(options: object = {}, changed: object = {}): Promise<Source> {
  return syntheticSource.create({ ...tissue, ...options }, { ...context, ...changed });
}

async function slide(options: object = {}, changed: object = {}, k = 0): Promise<RgbImage> {
  const source = await open(options, changed);
  const { widthPx, heightPx, magnification } = source.images[k] as Source['images'][0];
  const region = { x: 0, y: 0, width: widthPx, height: heightPx };
  return (await source.read(k, magnification, region)).hr;
}

async function fingerprint(...slideArguments: Parameters<typeof slide>): Promise<string> {
  const { widthPx, data } = await slide(...slideArguments);
  return `${widthPx} ${createHash('sha256').update(data).digest('hex')}`;
}

test('a slide follows from seed, split and its number, whatever the count', async () => {
  const first = await fingerprint({}, {}, 1);
  expect(await fingerprint({ count: 5 }, {}, 1)).toBe(first);
  const others = [
    await fingerprint({}, {}, 0),
    await fingerprint({}, { seed: 2 }, 1),
    await fingerprint({}, { split: 'test' }, 1),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
});

test('slides of two splits differ in pixels, group and digest', async () => {
  const [train, test] = [await open(), await open({}, { split: 'test' })];
  const keys = [...train.images, ...test.images].flatMap(({ id, group, digest }) => [
    id,
    `group ${group}`,
    digest,
  ]);
  expect(new Set(keys).size).toBe(12);
});

test.each([
  ['sizePx', 152],
  ['magnification', 40],
  ['glands', 0],
  ['lymphocytes', 1],
  ['stainVariation', 1],
  ['noise', 4],
])('%s changes the pixels and the digest', async (key, value) => {
  const changed = { [key]: value };
  const sizePx = 150;
  expect(await fingerprint({ sizePx, ...changed })).not.toBe(await fingerprint({ sizePx }));
  const digests = [await open(), await open(changed)].map(({ images }) => images[0]?.digest);
  expect(digests[0]).not.toBe(digests[1]);
});

test('it is pink and blue tissue, and the background is nearly white', async () => {
  const { data } = await slide({ sizePx: 200, stainVariation: 0 }, { seed: 3 });
  const counts = { pink: 0, blue: 0, white: 0 };
  for (let i = 0; i < data.length; i += 3) {
    const red = data[i] as number;
    const green = data[i + 1] as number;
    const blue = data[i + 2] as number;
    if (Math.min(red, green, blue) > 225) counts.white++;
    else if (red > blue + 15 && red > green + 30) counts.pink++;
    else if (blue > red + 5 && red < 140) counts.blue++;
  }
  const share = (count: number) => count / (data.length / 3);
  expect(share(counts.pink)).toBeGreaterThan(0.25);
  expect(share(counts.blue)).toBeGreaterThan(0.02);
  expect(share(counts.white)).toBeGreaterThan(0.05);
});

test('a pixel is 10 / magnification microns: at 40x everything is twice as large', async () => {
  const source = await open({ magnification: 40 });
  expect(source.images[0]).toMatchObject({ magnification: 40, micronsPerPixel: 0.25 });
});

test('a thread draws into the memory it is handed, and what is drawn is not drawn again', async () => {
  const source = await open({ noise: 2.5 });
  const own = source.handOver?.() as SharedArrayBuffer[];
  // Fresh memory, as a thread has whose own module remembers nothing.
  const handedOver = own.map(({ byteLength }) => new SharedArrayBuffer(byteLength));
  const inThread = await open({ noise: 2.5 }, { handedOver });
  const region = { x: 10, y: 20, width: 30, height: 30 };
  expect(await inThread.read(1, 10, region)).toEqual(await source.read(1, 10, region));
  const pixels = (handedOver[1] as SharedArrayBuffer).slice(0, tissue.sizePx ** 2 * 3);
  expect(
    Buffer.from(pixels).equals(Buffer.from(own[1] as SharedArrayBuffer, 0, pixels.byteLength)),
  ).toBe(true);
  new Uint8Array(handedOver[1] as SharedArrayBuffer, 0, pixels.byteLength).fill(9);
  const { hr } = await inThread.read(1, 20, region);
  expect(hr.data.every((value) => value === 9)).toBe(true);
});

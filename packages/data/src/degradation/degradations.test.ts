import {
  type DegradationPlugin,
  type RandomStream,
  randomStream,
  resizeBicubic,
  type RgbImage,
  shrinkByArea,
} from '@mmsr/core';
import { unevenBytes } from '../testing/temporary-folder.js';
import { areaDegradation } from './area.js';
import { bicubicDegradation } from './bicubic.js';
import { blurNoiseJpegDegradation } from './blur-noise-jpeg.js';
import { convolve } from './convolve.js';
import { defocusDegradation } from './defocus.js';
import { throughJpeg } from './jpeg.js';
import { diskKernel, gaussianKernel } from './kernels.js';
import { shrink, toImage, toLevels } from './levels.js';

const hr: RgbImage = { widthPx: 48, heightPx: 24, data: unevenBytes(48 * 24 * 3) };

/** All that is random is left out, and each test adds what it is about. */
const PLAIN = {
  order: ['blur', 'shrink', 'noise', 'jpeg'],
  shuffle: false,
  shrink: 'bicubic',
  sigmaPx: [1.2, 1.2],
  anisotropic: 0,
  sensorNoise: [0, 0],
  shotNoise: [0, 0],
  greyNoise: 0,
  jpegQuality: [80, 80],
};

async function degrade(
  plugin: DegradationPlugin,
  options: object,
  random: RandomStream = randomStream(1, 'degradation', 2, 3),
  scale = 2,
): Promise<RgbImage> {
  return plugin.create(options, { scale }).degrade(hr, random);
}

const poor = (options: object, step = 2) =>
  degrade(
    blurNoiseJpegDegradation,
    { ...PLAIN, ...options },
    randomStream(1, 'degradation', step, 3),
  );

test.each([2, 3, 4, 8])('area of scale %i is the mean of squares', async (scale) => {
  expect(await degrade(areaDegradation, {}, randomStream(1, 'test'), scale)).toEqual(
    shrinkByArea(hr, scale),
  );
});

test('defocus is a disk of a drawn radius, then bicubic', async () => {
  const radius = 1 + 2 * randomStream(1, 'degradation', 2, 3).uniform();
  const expected = toImage(shrink(convolve(toLevels(hr), diskKernel(radius)), 2, 'bicubic'));
  expect(await degrade(defocusDegradation, { radiusPx: [1, 3] })).toEqual(expected);
  expect(await degrade(defocusDegradation, { radiusPx: [0.4, 0.4] })).toEqual(
    resizeBicubic(hr, 1 / 2),
  );
});

test('blur, shrinking and JPEG are done in the order given', async () => {
  const blurred = convolve(toLevels(hr), gaussianKernel({ sigmaX: 1.2, sigmaY: 1.2, angle: 0 }));
  const expected = await throughJpeg(toImage(shrink(blurred, 2, 'bicubic')), 80);
  expect(await poor({})).toEqual(expected);
  const stored = toLevels(await throughJpeg(hr, 80));
  expect(await poor({ order: ['jpeg', 'shrink'] })).toEqual(toImage(shrink(stored, 2, 'bicubic')));
});

test('shrink: area', async () => {
  expect(await poor({ order: ['shrink'], shrink: 'area' })).toEqual(shrinkByArea(hr, 2));
  expect(await poor({ order: ['shrink'] })).toEqual(resizeBicubic(hr, 1 / 2));
});

test.each([
  ['order', ['shrink', 'blur', 'noise', 'jpeg']],
  ['shuffle', true],
  ['shrink', 'area'],
  ['sigmaPx', [0.5, 2]],
  ['sensorNoise', [3, 9]],
  ['shotNoise', [0.3, 0.9]],
  ['jpegQuality', [20, 40]],
])('%s changes the LR image', async (key, value) => {
  expect(await poor({ [key]: value })).not.toEqual(await poor({}));
});

test('anisotropic and greyNoise are probabilities', async () => {
  const wide = { sigmaPx: [0.5, 4] };
  expect(await poor({ ...wide, anisotropic: 1 })).not.toEqual(await poor(wide));
  const noisy = { sensorNoise: [8, 8], order: ['shrink', 'noise'] };
  const flat = { ...hr, data: new Uint8Array(hr.data.length).fill(120) };
  const random = () => randomStream(1, 'degradation', 2, 3);
  const grey = await blurNoiseJpegDegradation
    .create({ ...PLAIN, ...noisy, greyNoise: 1 }, { scale: 2 })
    .degrade(flat, random());
  for (let i = 0; i < grey.data.length; i += 3) expect(grey.data[i]).toBe(grey.data[i + 2]);
  expect(new Set(grey.data).size).toBeGreaterThan(20);
});

test('a patch has its strengths and, shuffled, its order, always the same', async () => {
  const wild = {
    shuffle: true,
    anisotropic: 0.5,
    sigmaPx: [0.2, 3],
    sensorNoise: [0, 10],
    shotNoise: [0, 1],
    greyNoise: 0.4,
    jpegQuality: [30, 95],
  };
  const seen = new Set<string>();
  for (let step = 0; step < 8; step++) {
    const first = await poor(wild, step);
    expect(await poor(wild, step)).toEqual(first);
    expect([first.widthPx, first.heightPx]).toEqual([24, 12]);
    seen.add(Buffer.from(first.data).toString('hex'));
  }
  expect(seen.size).toBe(8);
});

test('what no image can be made with is an error that names the option', () => {
  const make = (plugin: DegradationPlugin, options: object) => () =>
    plugin.create(options, { scale: 2 });
  const where = (key: string) =>
    expect.objectContaining({ code: 'E_EXPERIMENT', where: `data.degradation.${key}` }) as unknown;
  expect(make(defocusDegradation, { radiusPx: [3, 1] })).toThrow(where('radiusPx') as Error);
  const poorly = (options: object) => make(blurNoiseJpegDegradation, { ...PLAIN, ...options });
  expect(poorly({ sigmaPx: [3, 1] })).toThrow(where('sigmaPx') as Error);
  expect(poorly({ order: ['blur', 'jpeg'] })).toThrow(where('order') as Error);
});

describe.each([0, 255])('a patch of nothing but level %i', (level) => {
  const flat = { ...hr, data: new Uint8Array(hr.data.length).fill(level) };
  const lrOf = async (plugin: DegradationPlugin, options: object) => {
    const degradation = plugin.create(options, { scale: 2 });
    return (await degradation.degrade(flat, randomStream(1, 'degradation', 2, 3))).data;
  };

  test.each([
    [bicubicDegradation, {}],
    [areaDegradation, {}],
    [defocusDegradation, { radiusPx: [0.5, 3] }],
    [blurNoiseJpegDegradation, { ...PLAIN, sigmaPx: [0.2, 3], anisotropic: 0.5 }],
  ] as const)('stays so: $name', async (plugin, options) => {
    expect(new Set(await lrOf(plugin, options))).toEqual(new Set([level]));
  });

  test('has no more than the noise asked for', async () => {
    const noisy = {
      ...PLAIN,
      order: ['shrink', 'noise'],
      sensorNoise: [4, 4],
      shotNoise: [0.2, 0.2],
    };
    const off = (await lrOf(blurNoiseJpegDegradation, noisy)).map((v) => Math.abs(v - level));
    // Five deviations; of 864 numbers one in 2000 runs would be above.
    expect(Math.max(...off)).toBeLessThan(5 * Math.hypot(4, 0.2 * Math.sqrt(level)));
    expect(Math.max(...off)).toBeGreaterThan(4);
  });
});

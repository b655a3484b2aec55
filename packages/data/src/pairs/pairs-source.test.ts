import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError, MmsrError, type RgbImage, shrinkByArea } from '@mmsr/core';
import sharp from 'sharp';
import { crop } from '../images/native-pixels.js';
import { syntheticSource } from '../synthetic/synthetic-source.js';
import { TISSUE_OPTIONS } from '../testing/test-experiment.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openPairs, pairsSource, type PairsOptions } from './pairs-source.js';

const folder = temporaryFolder();
const scale = 2;
const stated = { magnification: 20 };

/** Drawn tissue. */
async function scene(sizePx: number): Promise<RgbImage> {
  const options = { ...TISSUE_OPTIONS, count: 1, sizePx };
  const context = { seed: 5, split: 'train', scale, folder } as const;
  const source = await syntheticSource.create(options, context);
  return (await source.read(0, 20, { x: 0, y: 0, width: sizePx, height: sizePx })).hr;
}

async function write(name: string, { widthPx, heightPx, data }: RgbImage): Promise<void> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  await sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } }).toFile(path);
}

const field = await scene(384);
/** The HR part of the field, and its LR image taken `right` and `down` HR pixels beside it. */
const hrPart = (width = 280, height = 264) => crop(field, { x: 40, y: 40, width, height });
const lrPart = (right: number, down: number) =>
  shrinkByArea(crop(field, { x: 40 + right, y: 40 + down, width: 280, height: 264 }), scale);

function meanError(a: RgbImage, b: RgbImage): number {
  const errors = a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] as number)), 0);
  return errors / a.data.length;
}

function open(options: Partial<PairsOptions> & Pick<PairsOptions, 'hr' | 'lr'>) {
  return openPairs(
    { hrSuffix: '', lrSuffix: '', registration: 'report', ...stated, ...options },
    { folder, scale },
  );
}

async function problemsOf(opening: Promise<unknown>): Promise<string[]> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof InputError) return error.problems.map((problem) => problem.describe());
  expect(error).toBeInstanceOf(MmsrError);
  return [(error as MmsrError).describe()];
}

beforeAll(async () => {
  await write('hr/a.png', hrPart());
  await write('lr/a.png', lrPart(0, 0));
  await write('moved/a.png', lrPart(-3, 5));
  await write('moved/whole.png', lrPart(4, -2));
  await write('named/ax2.png', lrPart(0, 0));
  for (const patient of ['p1', 'p2']) {
    await write(`cohort/hr/${patient}/1.png`, hrPart());
    await write(`cohort/lr/${patient}/1.png`, lrPart(patient === 'p1' ? 0 : 6, 0));
  }
  await write('cohort/lr/p2/2.png', lrPart(0, 0));
});

test('patches of both, at the native and at a lower magnification', async () => {
  const source = await open({ hr: ['hr/*'], lr: ['lr/*'] });
  expect(source.images).toEqual([
    expect.objectContaining({
      id: 'hr/a.png',
      widthPx: 280,
      heightPx: 264,
      magnification: 20,
      gridPx: 2,
      registration: { shiftXPx: 0, shiftYPx: 0, isCorrected: false },
    }),
  ]);
  const region = { x: 24, y: 10, width: 16, height: 16 };
  const half = { x: 12, y: 5, width: 8, height: 8 };
  const native = await source.read(0, 20, region);
  expect(native).toEqual({ hr: crop(hrPart(), region), lr: crop(lrPart(0, 0), half) });
  const lower = await source.read(0, 10, region);
  expect(lower).toEqual({
    hr: crop(shrinkByArea(hrPart(), 2), region),
    lr: crop(shrinkByArea(lrPart(0, 0), 2), half),
  });
  // A thread that is handed it over reads the same.
  const context = { seed: 1, split: 'train', scale, folder } as const;
  const again = await pairsSource.create({}, { ...context, handedOver: source.handOver() });
  expect(again.images).toEqual(source.images);
  expect(await again.read(0, 10, region)).toEqual(lower);
  await source.close();
});

test('how far an LR image lies beside its HR image is told to a twentieth of a pixel', async () => {
  const source = await open({ hr: ['hr/a.png'], lr: ['moved/a.png'] });
  // Taken 3 HR pixels further left: what it shows lies 1.5 LR pixels further right in it.
  const { shiftXPx, shiftYPx } = source.images[0]?.registration ?? { shiftXPx: 0, shiftYPx: 0 };
  expect(Math.abs(shiftXPx - 1.5)).toBeLessThanOrEqual(0.05);
  expect(Math.abs(shiftYPx + 2.5)).toBeLessThanOrEqual(0.05);
  await source.close();
});

test('correct moves the LR pixels back and leaves out what then has none', async () => {
  const source = await open({ hr: ['hr/a.png'], lr: ['moved/a.png'], registration: 'correct' });
  const [image] = source.images;
  expect(image?.registration?.isCorrected).toBe(true);
  // Bicubic taps reach 1 pixel back and 2 ahead: columns 0..136 and rows 4..131 of 140x132 have all of theirs.
  expect(image).toMatchObject({ widthPx: 137 * 2, heightPx: 128 * 2 });
  const { hr, lr } = await source.read(0, 20, { x: 0, y: 0, width: 274, height: 256 });
  expect(hr).toEqual(crop(hrPart(), { x: 0, y: 8, width: 274, height: 256 }));
  const expected = crop(lrPart(0, 0), { x: 0, y: 4, width: 137, height: 128 });
  const asTaken = crop(lrPart(-3, 5), { x: 0, y: 4, width: 137, height: 128 });
  expect(meanError(lr, expected)).toBeLessThan(3);
  expect(meanError(asTaken, expected)).toBeGreaterThan(8);
  await source.close();
});

test('by whole pixels nothing is interpolated', async () => {
  await write('hr-whole/whole.png', hrPart());
  const options = { hr: ['hr-whole/*'], lr: ['moved/whole.png'], registration: 'correct' } as const;
  const source = await open({ ...options, hr: [...options.hr], lr: [...options.lr] });
  expect(source.images[0]).toMatchObject({
    registration: { shiftXPx: -2, shiftYPx: 1 },
    widthPx: 276,
    heightPx: 262,
  });
  const { hr, lr } = await source.read(0, 20, { x: 0, y: 0, width: 276, height: 262 });
  expect(hr).toEqual(crop(hrPart(), { x: 4, y: 0, width: 276, height: 262 }));
  expect(lr).toEqual(crop(lrPart(0, 0), { x: 2, y: 0, width: 138, height: 131 }));
  await source.close();
});

test('pairs that lie too far apart are left out and named', async () => {
  const cohort = { hr: ['cohort/hr/**/*.png'], lr: ['cohort/lr/*/1.png'] };
  const all = await open(cohort);
  expect(all.images.map(({ id }) => id)).toEqual(['cohort/hr/p1/1.png', 'cohort/hr/p2/1.png']);
  const near = await open({
    ...cohort,
    registration: { rejectAbovePx: 1 },
    group: { pattern: '/(p\\d)/' },
  });
  expect(near.images).toEqual([expect.objectContaining({ id: 'cohort/hr/p1/1.png', group: 'p1' })]);
  expect(near.warnings).toEqual([
    expect.stringMatching(
      /^cohort\/hr\/p2\/1.png: left out, since its LR image lies [23]\.\d\d LR pixels beside it, above the 1 of rejectAbovePx$/,
    ),
  ]);
  const none = open({ hr: ['hr/a.png'], lr: ['moved/a.png'], registration: { rejectAbovePx: 1 } });
  expect(await problemsOf(none)).toEqual([
    'no pair lies within 1 LR pixels. Raise `registration.rejectAbovePx`, or take `registration: correct`. [E_DATA]',
  ]);
});

test('names with an ending, and files without a partner', async () => {
  const source = await open({ hr: ['hr/a.png'], lr: ['named/*'], lrSuffix: 'x2' });
  expect(source.images).toHaveLength(1);
  const advice = 'Pairs are matched by the path below the folder that the files of a side share.';
  expect(await problemsOf(open({ hr: ['hr/a.png'], lr: ['named/*'] }))).toEqual([
    `hr/a.png: no LR file belongs to it: none is called a. ${advice} [E_DATA]`,
    `named/ax2.png: no HR file belongs to it: none is called ax2. ${advice} [E_DATA]`,
  ]);
  expect(await problemsOf(open({ hr: ['hr/a.png'], lr: ['lr/*'], lrSuffix: 'x2' }))).toEqual([
    'lr/a.png: its name does not end with "x2" before the extension. Correct `lrSuffix`, or leave ' +
      'the file out of `lr`. [E_DATA]',
    `hr/a.png: no LR file belongs to it: none is called ax2. ${advice} [E_DATA]`,
  ]);
  const cohort = { hr: ['cohort/hr/**/*.png'], lr: ['cohort/lr/**/*.png'] };
  expect(await problemsOf(open(cohort))).toEqual([
    `cohort/lr/p2/2.png: no HR file belongs to it: none is called p2/2. ${advice} [E_DATA]`,
  ]);
});

test('sizes and magnifications that do not go with the scale name the pair and both values', async () => {
  await write('large/a.png', hrPart(284, 264));
  expect(await problemsOf(open({ hr: ['large/a.png'], lr: ['lr/a.png'] }))).toEqual([
    'large/a.png and lr/a.png: the HR image has 284x264 pixels, the LR image 140x132; at scale 2 the ' +
      'HR image of it has 280x264. Crop both to the same field, or correct `scale`. [E_DATA]',
  ]);
  const pair = { hr: ['hr/a.png'], lr: ['lr/a.png'] };
  expect(await problemsOf(open({ ...pair, lrMagnification: 5 }))).toEqual([
    'hr/a.png and lr/a.png: the magnification of the HR image is 20x, that of the LR image 5x, not ' +
      '10x. Correct `scale`, or what is stated of the two. [E_DATA]',
  ]);
  const right = await open({ ...pair, lrMagnification: 10, micronsPerPixel: 0.5 });
  expect(right.images[0]).toMatchObject({ magnification: 20, micronsPerPixel: 0.5 });
});

test('what is too small to be registered is named', async () => {
  await write('tiny-hr/a.png', crop(field, { x: 0, y: 0, width: 12, height: 32 }));
  await write('tiny-lr/a.png', crop(field, { x: 0, y: 0, width: 6, height: 16 }));
  expect(await problemsOf(open({ hr: ['tiny-hr/*'], lr: ['tiny-lr/*'] }))).toEqual([
    'tiny-hr/a.png and tiny-lr/a.png: the LR image of 6x16 pixels is too small to be registered. It ' +
      'needs 8 pixels on each side. [E_DATA]',
  ]);
});

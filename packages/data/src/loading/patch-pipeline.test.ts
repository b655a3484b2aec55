import {
  type Batch,
  defineSource,
  type Experiment,
  InputError,
  type RandomStream,
  randomStream,
  resizeBicubic,
  type RgbImage,
  Type,
} from '@mmsr/core';
import { bicubicDegradation } from '../degradation/bicubic.js';
import { digests, open, take } from '../testing/open-batches.js';
import { experimentOf, registryOf, TISSUE } from '../testing/test-experiment.js';
import { PatchPipeline } from './patch-pipeline.js';

async function problemsOf(opening: Promise<unknown>): Promise<string[]> {
  const error = (await opening.catch((reason: unknown) => reason)) as InputError;
  expect(error).toBeInstanceOf(InputError);
  return error.problems.map((problem) => problem.describe());
}

/** Sample n of a batch, back in 8 bits. */
function patch(values: Float32Array, n: number, sidePx: number): RgbImage {
  const size = sidePx * sidePx * 3;
  const data = Uint8Array.from(values.subarray(n * size, (n + 1) * size), (value) =>
    Math.round(value * 255),
  );
  return { widthPx: sidePx, heightPx: sidePx, data };
}

test('a batch has the shape it says, values in 0..1, and LR made of its HR', async () => {
  const data = await open(experimentOf());
  const [batch] = (await take(data, 5, 1)) as [Batch];
  expect(batch).toMatchObject({ count: 4, lrPx: 12, hrPx: 24 });
  expect([...batch.magnification]).toEqual([2, 0, 1, 2]);
  expect(batch.hr.length).toBe(4 * 24 * 24 * 3);
  expect(batch.lr.length).toBe(4 * 12 * 12 * 3);
  expect(batch.hr.every((value) => value >= 0 && value <= 1)).toBe(true);
  for (let n = 0; n < 4; n++) {
    expect(patch(batch.lr, n, 12)).toEqual(resizeBicubic(patch(batch.hr, n, 24), 1 / 2));
  }
  expect((batch.hr[0] as number) * 255).toBeCloseTo(patch(batch.hr, 0, 24).data[0] as number, 4);
  await data.close();
});

test('options of a degradation that do not go together are wrong input', async () => {
  const degradation = { name: 'defocus', radiusPx: [3, 1] };
  expect(await problemsOf(open(experimentOf({ degradation })))).toEqual([
    'data.degradation.radiusPx: the range starts at 3 and ends at 1. Write the smaller number first. [E_EXPERIMENT]',
  ]);
});

test('the options of the data change the batches', async () => {
  const batchOf = async (experiment: Experiment) => {
    const data = await open(experiment);
    return digests(await take(data, 0, 1));
  };
  const usual = await batchOf(experimentOf());
  for (const train of [
    { magnifications: [20, 10] },
    { patchPx: 16 },
    { augment: { flip: false, rotate: true } },
    { augment: { flip: true, rotate: false } },
    { source: { ...TISSUE, count: 3 } },
  ]) {
    expect(await batchOf(experimentOf({ train }))).not.toEqual(usual);
  }
  expect(await batchOf({ ...experimentOf(), seed: 8 })).not.toEqual(usual);
});

test('the time a caller waits is counted', async () => {
  const data = await open(experimentOf({ workers: 1 }));
  const stream = data.batches(0);
  expect(stream.waitedMs).toBe(0);
  await stream.next();
  expect(stream.waitedMs).toBeGreaterThan(0);
  await data.close();
});

test.each([0, 1])('with %i threads a damaged image is an error with its place', async (workers) => {
  const source = { name: 'faulty' };
  const train = { source, magnifications: [20], patchPx: 24 };
  const data = await open(experimentOf({ train, workers }));
  const stream = data.batches(0);
  const drain = async () => {
    for (;;) await stream.next();
  };
  await expect(drain()).rejects.toMatchObject({
    name: 'MmsrError',
    code: 'E_IMAGE',
    message: 'cannot be decoded',
    advice: 'Mend it.',
    where: expect.stringMatching(/^damaged\.svs at 20x, x (4[1-9]|[5-7]\d), y \d+$/) as string,
  });
  await data.close();
});

test('a plugin that threads cannot import is used on the main thread, with a word on it', async () => {
  const unknown = registryOf([], (name) => (name === 'synthetic' ? {} : { url: 'unused' }));
  const data = await open(experimentOf({ workers: 2 }), unknown);
  expect(data.warnings).toEqual([
    'patches are made on the main thread: it is not known where a loading thread could import the ' +
      'plugin from (source synthetic)',
  ]);
  const direct = await open(experimentOf());
  expect(digests(await take(data, 0, 2))).toEqual(digests(await take(direct, 0, 2)));
});

test('a closed stream gives nothing and leaves no thread', async () => {
  const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort');
  const before = ports().length;
  const data = await open(experimentOf({ workers: 2 }));
  const stream = data.batches(0);
  await stream.next();
  await data.close();
  await expect(stream.next()).rejects.toThrow('the batch stream is closed');
  expect(ports().length).toBe(before);
});

test('evaluation patches are named by image and place, the same every time', async () => {
  const test = { magnifications: [20, 10], count: 3 };
  const data = await open(experimentOf({ test }));
  expect(data.splits.train?.samples).toEqual({ 20: 0, 10: 0, 5: 0 });
  expect(data.splits.test?.samples).toEqual({ 20: 3, 10: 3 });
  expect(data.splits.test?.images.map(({ id }) => id)).toEqual(['test-slide-0', 'test-slide-1']);
  const set = data.evaluationSet('test');
  expect(set.length).toBe(6);
  const samples = [];
  for (let i = 0; i < set.length; i++) samples.push(await set.get(i));
  expect(samples.map(({ id }) => id)).toEqual([
    'test-slide-0@20x_x0_y32',
    'test-slide-0@20x_x0_y96',
    'test-slide-1@20x_x0_y64',
    'test-slide-0@10x_x32_y0',
    'test-slide-0@10x_x32_y32',
    'test-slide-1@10x_x0_y32',
  ]);
  const [sample] = samples as [(typeof samples)[0]];
  expect(sample).toMatchObject({ group: 'test-slide-0', magnification: 20 });
  expect(sample.lr).toEqual(resizeBicubic(sample.hr, 1 / 2));
  expect(await set.get(0)).toEqual(sample);
  await expect(set.get(6)).rejects.toThrow('no sample 6 of 6');
});

test('the degradation is random by batch and slot, or by split and index, and by nothing else', async () => {
  const draws: number[] = [];
  const drawing = {
    ...bicubicDegradation,
    name: 'drawing',
    create: () => ({
      degrade: (hr: RgbImage, random: RandomStream) => {
        draws.push(random.uniform());
        return resizeBicubic(hr, 1 / 2);
      },
    }),
  };
  const experiment = experimentOf({ degradation: { name: 'drawing' } });
  const data = await open(experiment, registryOf([drawing]));
  await data.evaluationSet('test').get(4);
  expect(draws.splice(0)).toEqual([randomStream(7, 'evaluate test', 4, 0).uniform()]);
  await take(data, 6, 1);
  expect(draws.sort()).toEqual(
    [0, 1, 2, 3].map((slot) => randomStream(7, 'degradation', 6, slot).uniform()).sort(),
  );
});

test('an image that is trained and tested on is refused', async () => {
  const split = { source: { name: 'faulty' }, magnifications: [20] };
  expect(await problemsOf(open(experimentOf({ train: split, test: split })))).toEqual([
    'damaged.svs: is in train and in test. Take it out of one of them, or give each a `region` of ' +
      'its own and say so with `data.disjointRegions: true`. [E_DATA]',
  ]);
});

test('a file that changed after it was checked is not trained on', async () => {
  const train = { source: { name: 'changing' }, magnifications: [20] };
  const data = await open(experimentOf({ train, workers: 1 }));
  await expect(data.batches(0).next()).rejects.toMatchObject({
    code: 'E_DATA',
    message: 'the images are not what they were when they were checked',
  });
  await data.close();
});

test('everything wrong with the data is said at once', async () => {
  const train = { source: { ...TISSUE, magnification: 10 } };
  const test = { source: { name: 'images', paths: ['none.svs'] } };
  expect(await problemsOf(open(experimentOf({ train, test })))).toEqual([
    'none.svs: there is no such file. Paths are relative to the folder of the experiment file. [E_FILE]',
    ...['train-slide-0', 'train-slide-1'].map(
      (id) =>
        `${id}: its native magnification is 10x, data.train.magnifications asks for 20x. Ask for ` +
        'lower ones or leave the image out. [E_DATA]',
    ),
  ]);
});

test('magnifications that do not go with the resolution are told, or refused where it is strict', async () => {
  const train = { source: { name: 'faulty' }, magnifications: [20], patchPx: 24 };
  const doubt =
    'data.train: no image has its microns per pixel, so that its magnification cannot be checked ' +
    '(damaged.svs); state `micronsPerPixel`';
  const data = await open(experimentOf({ train }));
  expect(data.warnings).toEqual([doubt]);
  await data.close();
  const advice = '`data.strict: true` makes an error of it; without, it is a warning.';
  expect(await problemsOf(open(experimentOf({ train, strict: true })))).toEqual([
    `${doubt}. ${advice} [E_DATA]`,
  ]);
});

test('every split is described by magnification', async () => {
  const data = await open(experimentOf({ test: { magnifications: [20, 5], count: 2 } }));
  const rows = (split: 'train' | 'test') =>
    data.splits[split]?.magnifications?.map((row) => [
      row.magnification,
      row.images,
      row.groups,
      row.patches,
      row.micronsPerPixel?.least,
      row.effectiveMicronsPerPixel?.most,
    ]);
  // 128, 64 and 32 pixels: 25, 4 and 1 patches of 24 in each of two slides.
  expect(rows('train')).toEqual([
    [20, 2, 2, 50, 0.5, 0.5],
    [10, 2, 2, 8, 0.5, 1],
    [5, 2, 2, 2, 0.5, 2],
  ]);
  expect(rows('test')?.map((row) => row[3])).toEqual([2, 2]);
});

test('a patch larger than every image is refused, with the sizes', async () => {
  const train = { patchPx: 40 };
  const test = { patchPx: 64, count: 20 };
  expect(await problemsOf(open(experimentOf({ train, test })))).toEqual([
    'data.train: no image holds a patch of 40x40 pixels at 5x; the largest there is train-slide-0 ' +
      'with 32x32. Lower `patchPx`, leave the magnification out, or use larger images. [E_DATA]',
    'data.test.count: 20 patches of 64 pixels are asked for at 20x, 8 fit side by side into ' +
      'what is used of the images. Lower `count` or `patchPx`, or add images. [E_DATA]',
    'data.test.count: 20 patches of 64 pixels are asked for at 10x, 2 fit side by side into ' +
      'what is used of the images. Lower `count` or `patchPx`, or add images. [E_DATA]',
    'data.test: no image holds a patch of 64x64 pixels at 5x; the largest there is test-slide-0 ' +
      'with 32x32. Lower `patchPx`, leave the magnification out, or use larger images. [E_DATA]',
  ]);
});

test('a signal while a source is opened closes those that are open and opens no other', async () => {
  const reason = new Error('stopped');
  const stop = new AbortController();
  const opened: string[] = [];
  const closed: string[] = [];
  const stopping = defineSource({
    name: 'stopping',
    apiVersion: 1,
    configSchema: Type.Object({}),
    create: (_, { split, signal }) => {
      opened.push(split);
      if (split === 'validation') stop.abort(reason);
      signal?.throwIfAborted();
      const close = () => Promise.resolve(void closed.push(split));
      return Promise.resolve({
        images: [],
        close,
        read: () => Promise.reject(new Error('unread')),
      });
    },
  });
  const split = { source: { name: 'stopping' } };
  const whole = { ...split, magnifications: [20], patchPx: 32, count: null };
  const experiment = experimentOf({ train: split, validation: whole, test: split });
  const opening = new PatchPipeline(registryOf([stopping])).open(experiment, '.', stop.signal);
  await expect(opening).rejects.toBe(reason);
  expect({ opened, closed }).toEqual({ opened: ['train', 'validation'], closed: ['train'] });
});

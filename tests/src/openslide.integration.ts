import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { shrinkByArea, type RgbImage, type Source } from '@mmsr/core';
import { openslidePart, slidesSource } from '@mmsr/data';
import {
  findOpenSlide,
  type OpenSlide,
} from '../../packages/data/dist/slides/openslide-library.js';
import { Slide } from '../../packages/data/dist/slides/slide.js';
import { mmsrRun, start, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';

/*
 * Slides as scanners write them, made by tifffile: an Aperio SVS of JPEG tiles with a gap in its levels
 * (1, 4, 16 of the usual 1, 2, 4, 8, 16), two of JPEG 2000, and what the pixels of each level must be.
 */
const SCRIPT = `
import sys, os, json
import numpy as np, tifffile
folder = sys.argv[1]
y, x = np.mgrid[0:1536, 0:2048]
native = np.stack([128 + 100 * np.sin(x / 31) * np.cos(y / 17), 120 + 90 * np.sin((x + y) / 53), 90 + (x // 64 + y // 64) % 2 * 80], -1)
native = native.clip(0, 255).astype(np.uint8)
shrink = lambda image, by: np.round(image.reshape(image.shape[0] // by, by, image.shape[1] // by, by, 3).mean((1, 3))).astype(np.uint8)
levels = [native, shrink(native, 4), shrink(native, 16)]
def aperio(name, factors, **kind):
    with tifffile.TiffWriter(os.path.join(folder, name)) as writer:
        for index, level in enumerate(factors):
            description = 'Aperio Image Library v12\\r\\n2048x1536 [0,0 2048x1536] (256x256) JPEG Q=95|AppMag = 40|MPP = 0.2525'
            if index > 0: description = 'Aperio Image Library v12\\r\\n2048x1536 -> %dx%d' % level.shape[1::-1]
            writer.write(level, tile=(256, 256), description=description, metadata=None, software=False, **kind)
jpeg = dict(photometric='rgb', compression='jpeg', compressionargs={'level': 95, 'subsampling': (1, 1)})
aperio('jpeg.svs', levels, **jpeg)
aperio('j2k-rgb.svs', levels, photometric='rgb', compression=33005, compressionargs={'level': 0, 'codecformat': 'j2k', 'mct': False})
with tifffile.TiffFile(os.path.join(folder, 'j2k-rgb.svs')) as file:
    assert int(file.pages[0].compression) == 33005
# 33003 is the same with the pixels as luminance and chrominance.
ycbcr = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
chrominance = [np.round(level @ ycbcr.T + [0, 128, 128]).clip(0, 255).astype(np.uint8) for level in levels]
aperio('j2k-ycc.svs', chrominance, photometric='rgb', compression=33003, compressionargs={'level': 0, 'codecformat': 'j2k', 'mct': False})
with tifffile.TiffFile(os.path.join(folder, 'jpeg.svs')) as file:
    for index, page in enumerate(file.pages):
        page.asarray().tofile(os.path.join(folder, 'jpeg.svs-%d.raw' % index))
for index, level in enumerate(levels):
    level.tofile(os.path.join(folder, 'j2k-ycc.svs-%d.raw' % index))
    level.tofile(os.path.join(folder, 'j2k-rgb.svs-%d.raw' % index))
`;

let folder: string;
let cache: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  cache = join(folder, 'cache');
  await mkdir(join(folder, 'slides'));
  const python = process.env.MMSR_PYTHON;
  if (python === undefined)
    throw new Error('set MMSR_PYTHON to a Python with tests/requirements.txt');
  const made = spawnSync(python, ['-c', SCRIPT, join(folder, 'slides')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const installed = await mmsrRun(['install', 'openslide'], folder, { MMSR_CACHE: cache });
  expect(installed).toMatchObject({ code: 0 });
  process.env.MMSR_CACHE = cache;
});
afterAll(() => remove());

const open = (name: string, options = {}): Promise<Source> =>
  slidesSource.create(
    { paths: [`slides/${name}`], minTissueFraction: 0, ...options },
    { seed: 1, split: 'train', scale: 2, folder },
  );

/** What the pixels of a level must be. */
async function levelOf(name: string, index: number): Promise<RgbImage> {
  const factor = [1, 4, 16][index] as number;
  const data = new Uint8Array(await readFile(join(folder, 'slides', `${name}-${index}.raw`)));
  return { widthPx: 2048 / factor, heightPx: 1536 / factor, data };
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] as number))), 0);
}

function crop({ widthPx, data }: RgbImage, x: number, y: number, side: number): Uint8Array {
  const rows = Array.from({ length: side }, (_, row) => {
    const from = ((y + row) * widthPx + x) * 3;
    return [...data.subarray(from, from + side * 3)];
  });
  return Uint8Array.from(rows.flat());
}

test('the part says what it is', async () => {
  expect((await openslidePart.installed())?.description).toBe('OpenSlide 4.0.1');
});

/** JPEG 2000 without loss; decoders of JPEG and the conversion of colours round in their own ways. */
test.each([
  ['jpeg.svs', 3],
  ['j2k-rgb.svs', 0],
  ['j2k-ycc.svs', 3],
])('%s: every magnification has the pixels of its level, shrunk', async (name, tolerance) => {
  const source = await open(name);
  expect(source.images[0]).toMatchObject({
    widthPx: 2048,
    heightPx: 1536,
    magnification: 40,
    micronsPerPixel: 0.2525,
  });
  for (const [magnification, level, factor] of [
    [40, 0, 1],
    [20, 0, 2],
    [10, 1, 1],
    [5, 1, 2],
    [4, 1, 2.5],
    [2.5, 2, 1],
  ] as const) {
    const { hr } = await source.read(0, magnification, { x: 21, y: 33, width: 40, height: 40 });
    const expected = crop(shrinkByArea(await levelOf(name, level), factor), 21, 33, 40);
    expect(largestDifference(hr.data, expected)).toBeLessThanOrEqual(tolerance);
  }
  await source.close();
});

test.each(['jpeg.svs', 'j2k-rgb.svs'])('%s: from kept tiles as from the file', async (name) => {
  const source = await open(name);
  const library = (await findOpenSlide()) as OpenSlide;
  const slide = Slide.open(library, join(folder, 'slides', name), name);
  for (const magnification of [40, 20, 10, 5]) {
    for (const [x, y] of [
      [0, 0],
      [97, 50],
      [150, 90],
    ] as const) {
      const region = { x, y, width: 90, height: 70 };
      const kept = (await source.read(0, magnification, region)).hr;
      expect(kept).toEqual(slide.read(40 / magnification, region));
    }
  }
  slide.close();
  await source.close();
});

test('a thread reads the same pixels through its own handle', async () => {
  const source = await open('j2k-rgb.svs');
  const region = { x: 100, y: 50, width: 64, height: 64 };
  const here = (await source.read(0, 20, region)).hr.data;
  const context = { seed: 1, split: 'train', scale: 2, folder, handedOver: source.handOver?.() };
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { slidesSource } = await import(workerData.url);
    const source = await slidesSource.create({ paths: [], minTissueFraction: 0 }, workerData.context);
    parentPort.postMessage((await source.read(0, 20, workerData.region)).hr.data);
    await source.close();`;
  const url = new URL('../../packages/data/dist/index.js', import.meta.url).href;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), {
    workerData: { url, context, region },
  });
  const there = await new Promise<Uint8Array>((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
  await source.close();
  expect(largestDifference(here, there)).toBe(0);
});

test('a thread that alone has read slides ends well', async () => {
  const library = new URL('../../packages/data/dist/slides/openslide-library.js', import.meta.url)
    .href;
  const inThread = `
    import(process.argv[2]).then(async ({ findOpenSlide }) => {
      const openslide = await findOpenSlide();
      const slide = openslide.open(process.argv[3]);
      openslide.read(slide, { level: 0, x: 0, y: 0, width: 64, height: 64 });
      openslide.close(slide);
    });`;
  const script = `
    const { Worker } = require('node:worker_threads');
    new Worker(${JSON.stringify(inThread)}, { eval: true, argv: process.argv.slice(1) })
      .on('exit', (code) => console.log('the thread ended with', code));`;
  const args = ['-e', script, library, join(folder, 'slides', 'j2k-rgb.svs')];
  const ended = await start(process.execPath, args, folder, { MMSR_CACHE: cache }).ended;
  expect(ended).toMatchObject({ code: 0, stdout: 'the thread ended with 0\n' });
});

test.each(['jpeg.svs', 'j2k-rgb.svs'])('%s cut off at a third is named', async (name) => {
  const file = join(folder, 'slides', `cut-${name}`);
  const bytes = await readFile(join(folder, 'slides', name));
  await writeFile(file, bytes);
  await truncate(file, Math.floor(bytes.length / 3));
  await expect(open(`cut-${name}`)).rejects.toMatchObject({
    problems: [{ code: 'E_IMAGE', where: `slides/cut-${name}` }],
  });
});

test('a file without a byte is named', async () => {
  await writeFile(join(folder, 'slides', 'empty.svs'), '');
  await expect(open('empty.svs')).rejects.toThrow('slides/empty.svs: is empty [E_IMAGE]');
});

test('an experiment trains from slides, with threads; JPEG 2000 needs OpenSlide', async () => {
  const exp = await writeExperiment(folder, [
    [
      'source: {name: synthetic, count: 1, sizePx: 256}\n    magnifications: [20, 10]\n    patchPx: 16',
      'source: {name: slides, paths: [slides/jpeg.svs]}\n    magnifications: [20, 10]\n    patchPx: 16',
    ],
    ['name: synthetic, count: 1, sizePx: 256', 'name: slides, paths: [slides/j2k-rgb.svs]'],
    ['engine: wasm', 'engine: cpu'],
  ]);
  const ended = await mmsrRun([exp], folder, { MMSR_CACHE: cache });
  expect(ended).toMatchObject({ code: 0 });
  expect(await readdir(join(folder, 'runs', 'tiny', 'main'))).toContain('results.json');
  const without = await mmsrRun(['check', exp], folder);
  expect(without.code).toBe(2);
  expect(without.stderr).toMatch(/slides\/j2k-rgb\.svs: .*npx mmsr-run install openslide/);
});

test('a slide of 20x gives 20, 10 and 5x, of whose pixels only the tissue is taken and drawn', async () => {
  const data = (width: number) => `
    source: {name: slides, paths: [slides/jpeg.svs], region: {x: ${width === 1024 ? 0 : 1024}, y: 0, width: 1024, height: 1536}}
    magnifications: [20, 10, 5]
    patchPx: 48`;
  const file = join(folder, 'three.yaml');
  await writeFile(
    file,
    `name: three\nscale: 2\nseed: 1\ndata:\n  disjointRegions: true\n  train:${data(1024)}\n  test:${data(0)}\n` +
      'model:\n  backbone: {name: edsr, blocks: 1, features: 8}\n' +
      'optimizer: {name: adam, learningRate: 1.0e-3}\ntraining: {steps: 2, batchSize: 3}\n',
  );
  const args = ['check', file, '--preview', join(folder, 'preview')];
  const checked = await mmsrRun(args, folder, { MMSR_CACHE: cache });
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.stdout).toMatch(/test +5x +1 +1 +8 +40x +[\d.]+ +[\d.]+\n/);
  // 512x768, 256x384 and 128x192 pixels at 20, 10 and 5x, in patches of 48.
  expect(checked.stdout).toMatch(/1 image: 160 of 20x, 40 of 10x, 8 of 5x/);
  expect((await readdir(join(folder, 'preview', 'main'))).sort()).toEqual([
    'test-02-jpeg.svs.png',
    'train-01-jpeg.svs.png',
  ]);
  const ended = await mmsrRun([file], folder, { MMSR_CACHE: cache });
  expect(ended).toMatchObject({ code: 0 });
});

test('uninstalling removes it', async () => {
  const ended = await mmsrRun(['install', 'openslide', '--uninstall'], folder, {
    MMSR_CACHE: cache,
  });
  expect(ended.code).toBe(0);
  expect((await readdir(cache)).filter((name) => name.startsWith('openslide'))).toEqual([]);
});

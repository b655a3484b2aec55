// Patches per second from files, beside a PyTorch DataLoader that does the same work with as many workers, and
// how long the training step of the quickstart waits for its data. The two sides take turns; medians are
// written to RESULTS-data.md.
//
//   node bench/data.mjs [--slide FILE] [--python /tmp/bench-venv/bin/python] [--rounds 3] [--seconds 5]
//
// The Python needs bench/requirements-data.txt; slides want `npx mmsr-run install openslide`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { resizeBicubic } from '@mmsr/core';
import { dataPlugins, PatchPipeline, syntheticSource, writePng } from '@mmsr/data';
import { loadStudy, runStudy } from 'mmsr-run';
import sharp from 'sharp';
import * as Value from 'typebox/value';
import { describeMachine, formatMarkdown, median } from './machine.mjs';

const BATCH_SIZE = 16;
const PATCH_PX = 96;
const SCALE = 2;
const MAGNIFICATIONS = [20, 10, 5];
const WORKERS = [1, 2];
const WARMUP_BATCHES = 20;
/** More than the `images` source keeps decoded (1 GiB), so that it is read from the file. */
const TIFF_SIDE_PX = 19456;
const LOOK = { magnification: 20, glands: 0.45, lymphocytes: 0.3, stainVariation: 0.5, noise: 1.5 };

const { values: given } = parseArgs({
  options: {
    slide: { type: 'string' },
    python: { type: 'string', default: '/tmp/bench-venv/bin/python' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
  },
});
const rounds = Number(given.rounds);
const seconds = Number(given.seconds);
const folder = mkdtempSync(join(tmpdir(), 'mmsr-bench-data-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const pluginOf = (kind, name) => dataPlugins.find((one) => one.kind === kind && one.name === name);
const plugins = {
  find: pluginOf,
  origin: () => ({ url: import.meta.resolve('@mmsr/data') }),
};

/** Undefined where the source is not there or takes other options. */
function sourceOf(name, options) {
  const plugin = pluginOf('source', name);
  if (plugin === undefined) return undefined;
  const config = Value.Default(plugin.configSchema, { ...options });
  return Value.Check(plugin.configSchema, config) ? { name, ...config } : undefined;
}

/** Drawn tissue as PNG files in `hr`, and half its size in `lr`. */
async function writeImages() {
  const context = { seed: 1, split: 'train', scale: SCALE, folder };
  const slides = await syntheticSource.create({ count: 4, sizePx: 1536, ...LOOK }, context);
  for (const name of ['hr', 'lr']) mkdirSync(join(folder, name));
  for (const [i, { widthPx, heightPx }] of slides.images.entries()) {
    const whole = { x: 0, y: 0, width: widthPx, height: heightPx };
    const { hr } = await slides.read(i, LOOK.magnification, whole);
    await writePng(join(folder, 'hr', `${i}.png`), hr);
    await writePng(join(folder, 'lr', `${i}.png`), resizeBicubic(hr, 1 / SCALE));
  }
  await slides.close();
}

/** A large tiled TIFF, JPEG at quality 85 as in slides, of the first drawn image again and again; kept. */
async function writeTiff() {
  const path = join(tmpdir(), `mmsr-bench-${TIFF_SIDE_PX}.tif`);
  if (existsSync(path)) return path;
  const side = TIFF_SIDE_PX;
  const tile = join(folder, 'hr', '0.png');
  const blank = { create: { width: side, height: side, channels: 3, background: 'white' } };
  await sharp({ ...blank, limitInputPixels: false })
    .composite([{ input: tile, tile: true }])
    .removeAlpha()
    .tiff({
      tile: true,
      tileWidth: 256,
      tileHeight: 256,
      compression: 'jpeg',
      quality: 85,
      bigtiff: true,
      // Pixels per millimetre: 0.5 microns, so that it is a slide of 20x.
      xres: 2000,
      yres: 2000,
    })
    .toFile(`${path}.part`);
  renameSync(`${path}.part`, path);
  return path;
}

const native = { magnification: LOOK.magnification };

async function cases() {
  await writeImages();
  const tiff = await writeTiff();
  const png = [0, 1, 2, 3].map((i) => join(folder, 'hr', `${i}.png`));
  const list = [
    {
      name: 'PNG files, decoded once',
      source: sourceOf('images', { paths: ['hr/*.png'], ...native }),
      theirs: { kind: 'decoded', paths: png },
    },
    {
      name: `tiled TIFF, ${(TIFF_SIDE_PX ** 2 / 1e6).toFixed(0)} megapixels`,
      source: sourceOf('images', { paths: [tiff], ...native }),
      theirs: { kind: 'openslide', paths: [tiff] },
    },
    {
      name: 'the same TIFF as a slide',
      source: sourceOf('slides', { paths: [tiff], minTissueFraction: 0 }),
      theirs: { kind: 'openslide', paths: [tiff] },
    },
    {
      name: 'LR-HR pairs of PNG files',
      source: sourceOf('pairs', { hr: ['hr/*.png'], lr: ['lr/*.png'], ...native }),
      theirs: { kind: 'pairs', paths: png },
      magnifications: [LOOK.magnification],
    },
  ];
  if (given.slide !== undefined) list.push(slideCase(resolve(given.slide)));
  return list.filter(({ name, source }) => {
    if (source === undefined) console.error(`left out, the source is not there: ${name}`);
    return source !== undefined;
  });
}

/** Patches from everywhere, as PyTorch's side draws them. */
function slideCase(path) {
  const source = sourceOf('slides', { paths: [path], minTissueFraction: 0 });
  return { name: basename(path), source, theirs: { kind: 'openslide', paths: [path] } };
}

async function measureOurs({ source, magnifications = MAGNIFICATIONS }, workers) {
  const experiment = {
    seed: 1,
    scale: SCALE,
    training: { batchSize: BATCH_SIZE },
    data: {
      train: {
        source,
        magnifications,
        patchPx: PATCH_PX,
        augment: { flip: true, rotate: true },
        transforms: [],
      },
      // Not read; drawn so that no image is in two splits.
      test: {
        source: { name: 'synthetic', count: 1, sizePx: 512, ...LOOK },
        magnifications,
        patchPx: PATCH_PX,
        count: null,
      },
      splitSeed: 1,
      disjointRegions: false,
      strict: false,
      degradation: { name: 'bicubic' },
      transforms: [],
      workers,
      onBadPatch: 'error',
    },
  };
  const data = await new PatchPipeline(plugins).open(experiment, folder);
  const stream = data.batches(0);
  for (let i = 0; i < WARMUP_BATCHES; i++) await stream.next();
  const beganMs = performance.now();
  let batches = 0;
  while (performance.now() - beganMs < seconds * 1000) {
    await stream.next();
    batches++;
  }
  const patchesPerSecond = (batches * BATCH_SIZE * 1000) / (performance.now() - beganMs);
  await data.close();
  return patchesPerSecond;
}

function measureTheirs({ theirs, magnifications = MAGNIFICATIONS }, workers) {
  const work = {
    ...theirs,
    factors: magnifications.map((one) => LOOK.magnification / one),
    batchSize: BATCH_SIZE,
    patchPx: PATCH_PX,
    scale: SCALE,
    workers,
    warmup: WARMUP_BATCHES,
    seconds,
  };
  const program = fileURLToPath(new URL('torch_data.py', import.meta.url));
  const output = execFileSync(given.python, [program, JSON.stringify(work)], { encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1));
}

/**
 * Share of the quickstart's time that its steps waited, with the engine that `auto` takes here: in all, and
 * after the first report, when the worker has started and the slides are drawn.
 */
async function measureWaiting() {
  const file = fileURLToPath(new URL('../experiments/quickstart.yaml', import.meta.url));
  const study = await loadStudy(file, { set: ['data.workers=1'] });
  const { batchSize } = study.cells[0].experiment.training;
  const reports = [];
  const onProgress = (_cell, { phase, step, patchesPerSecond, waiting }) => {
    if (phase !== 'train') return;
    const seconds = (step * batchSize) / patchesPerSecond;
    reports.push({ seconds, waited: waiting * seconds });
  };
  const [report] = await runStudy(study, { out: join(folder, 'runs'), onProgress });
  if (report.outcome !== 'done') throw report.error ?? new Error(report.outcome);
  const { engine, version } = report.device;
  const [first, last] = [reports[0], reports.at(-1)];
  return {
    engine: `${engine} ${version}`,
    inAll: last.waited / last.seconds,
    afterStart: (last.waited - first.waited) / (last.seconds - first.seconds),
  };
}

const [loadAverage] = loadavg();
const busyness =
  loadAverage < 1
    ? 'The machine was idle before.'
    : `Not idle: the load average was ${loadAverage.toFixed(1)} before, so these numbers are a trial.`;
const list = await cases();
const rows = list.flatMap((one) =>
  WORKERS.map((workers) => ({ one, workers, ours: [], theirs: [] })),
);
let versions = '';
for (let round = 1; round <= rounds; round++) {
  for (const row of rows) {
    row.ours.push(await measureOurs(row.one, row.workers));
    const { patchesPerSecond, version } = measureTheirs(row.one, row.workers);
    row.theirs.push(patchesPerSecond);
    versions = version;
    console.error(
      `round ${round}, ${row.one.name}, ${row.workers} workers: ` +
        `${row.ours.at(-1).toFixed(0)} patches/s, PyTorch ${patchesPerSecond.toFixed(0)}`,
    );
  }
}
const { engine, inAll, afterStart } = await measureWaiting();
const percent = (share) => `${(100 * share).toFixed(1)} %`;

const table = formatMarkdown(
  ['from', 'source', 'workers', 'patches/s', 'PyTorch, patches/s', 'ratio'],
  rows.map(({ one, workers, ours, theirs }) => [
    one.name,
    one.source.name,
    String(workers),
    median(ours).toFixed(0),
    median(theirs).toFixed(0),
    (median(ours) / median(theirs)).toFixed(2),
  ]),
);
const report = `# Data from files

Batches of ${BATCH_SIZE} patches of ${PATCH_PX} px at ${MAGNIFICATIONS.join('x, ')}x (pairs: at ${LOOK.magnification}x), as fast as they come: native pixels are
read, averaged by area, turned and flipped, and the LR patch of half the size is made bicubically. Beside it a
PyTorch DataLoader that does the same with OpenSlide, Pillow and torchvision and as many worker processes.
Images said to be decoded once are kept in memory by our side, and PNG files by both. Medians of
${rounds} rounds of ${seconds} s in turn. Made by \`node bench/data.mjs\`.

${table}

In the quickstart on ${engine} with 1 worker the training step waited ${percent(afterStart)} of its time for
data; ${percent(inAll)} with the start of the worker and the drawing of the slides.

${describeMachine(['@mmsr/data'])}; sharp ${sharp.versions.sharp}, ${versions}. ${busyness}
`;
writeFileSync(join(dirname(fileURLToPath(import.meta.url)), 'RESULTS-data.md'), report);
console.log(report);

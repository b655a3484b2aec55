// How many patches a second one thread can normalise, jitter and degrade: each method on its own, over
// patches of drawn tissue, without the reading of them. Processor time is counted, not the clock's, so that
// what else the machine does matters less. Transforms are no part of the interface of @mmsr/data.
//
//   node bench/patch-changes.mjs
import { randomStream } from '@mmsr/core';
import { dataPlugins, syntheticSource } from '@mmsr/data';
import { applyTransforms, targetOf } from '../packages/data/dist/stain/transforms.js';
import sharp from 'sharp';
import { describeMachine, formatMarkdown, median } from './machine.mjs';

const PATCH_PX = 96;
const PATCHES = 32;
const SCALE = 2;
const ROUNDS = 5;
const LEAST_MS = 400;

// JPEG is to take one thread too.
sharp.concurrency(1);

const look = { glands: 0.45, lymphocytes: 0.3, stainVariation: 0.5, noise: 1.5 };
const source = await syntheticSource.create(
  { count: 4, sizePx: 512, magnification: 20, ...look },
  { seed: 1, split: 'train', scale: SCALE, folder: '.' },
);

async function readPatch(i) {
  const x = PATCH_PX * (Math.floor(i / 4) % 5);
  const y = PATCH_PX * Math.floor(i / 20);
  const { hr } = await source.read(i % 4, 20, { x, y, width: PATCH_PX, height: PATCH_PX });
  return hr;
}

const patches = [];
for (let i = 0; i < PATCHES; i++) patches.push(await readPatch(i));
const reference = (await source.read(1, 20, { x: 0, y: 0, width: 512, height: 512 })).hr;

const transform = (options) => (hr, random) => applyTransforms([options], { hr }, random);

function degrade(name, options = {}) {
  const plugin = dataPlugins.find((one) => one.kind === 'degradation' && one.name === name);
  const degradation = plugin.create(options, { scale: SCALE });
  return (hr, random) => degradation.degrade(hr, random);
}

const usual = {
  order: ['blur', 'shrink', 'noise', 'jpeg'],
  shuffle: false,
  shrink: 'bicubic',
  sigmaPx: [0.2, 3],
  anisotropic: 0.3,
  sensorNoise: [0, 10],
  shotNoise: [0, 1],
  greyNoise: 0.4,
  jpegQuality: [30, 95],
};

const normalizations = ['macenko', 'vahadane', 'reinhard'].map((method) => [
  `\`stain-normalize\`, ${method}`,
  transform({ name: 'stain-normalize', target: targetOf(reference, method) }),
]);
const jitters = ['hed', 'macenko', 'vahadane', 'reinhard'].map((method) => [
  `\`stain-jitter\`, ${method}`,
  transform({ name: 'stain-jitter', method, sigma: 0.1 }),
]);
const cases = [
  ...normalizations,
  ...jitters,
  ['`bicubic`', degrade('bicubic')],
  ['`area`', degrade('area')],
  ['`defocus`', degrade('defocus', { radiusPx: [0.5, 3] })],
  ['`blur-noise-jpeg`', degrade('blur-noise-jpeg', usual)],
];

const processorMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;

async function patchesPerSecond(change) {
  const beganMs = processorMs();
  let done = 0;
  while (processorMs() - beganMs < LEAST_MS) {
    for (const [slot, hr] of patches.entries())
      await change(hr, randomStream(1, 'bench', done, slot));
    done += patches.length;
  }
  return (done * 1000) / (processorMs() - beganMs);
}

const measured = cases.map(() => []);
for (let round = 0; round <= ROUNDS; round++) {
  for (const [i, [, change]] of cases.entries()) {
    const speed = await patchesPerSecond(change);
    // The first round compiles.
    if (round > 0) measured[i].push(speed);
  }
}
await source.close();

const rows = cases.map(([name], i) => [name, median(measured[i]).toFixed(0)]);
console.log(`HR patches of ${PATCH_PX} x ${PATCH_PX} pixels, scale ${SCALE}, one thread`);
console.log(`${describeMachine([])}, sharp ${sharp.versions.sharp}; medians of ${ROUNDS} rounds\n`);
console.log(formatMarkdown(['what', 'patches per second of processor time'], rows));

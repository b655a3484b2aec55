import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type Batch,
  createRgbImage,
  type EvaluationSample,
  type Experiment,
  InputError,
  type OpenData,
  randomStream,
  resizeBicubic,
  type RgbImage,
} from '@mmsr/core';
import { PatchPipeline } from '../loading/patch-pipeline.js';
import { goldenPath } from '../testing/stain-golden.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { experimentOf, registryOf } from '../testing/test-experiment.js';
import { writePng } from '../write-png.js';
import { applyTransforms, type TransformOptions } from './transforms.js';

const folder = temporaryFolder();
const bytes = readFileSync(goldenPath('reference'));
writeFileSync(join(folder, 'ref.png'), bytes);

type Normalize = Extract<TransformOptions, { name: 'stain-normalize' }>;

const normalize = (method: Normalize['method'], reference = 'ref.png'): Normalize => ({
  name: 'stain-normalize',
  method,
  reference,
});
const jitter = { name: 'stain-jitter', method: 'vahadane', sigma: 0.1 } as const;
const hedJitter = { name: 'stain-jitter', method: 'hed', sigma: 0.05 } as const;

function open(experiment: Experiment): Promise<OpenData> {
  return new PatchPipeline(registryOf()).open(experiment, folder);
}

async function batches(experiment: Experiment, count = 1): Promise<Batch[]> {
  const data = await open(experiment);
  const stream = data.batches(3);
  const taken: Batch[] = [];
  while (taken.length < count) taken.push(await stream.next());
  await data.close();
  return taken;
}

async function testPatches(experiment: Experiment): Promise<EvaluationSample[]> {
  const data = await open(experiment);
  const set = data.evaluationSet('test');
  const patches: EvaluationSample[] = [];
  for (let i = 0; i < set.length; i++) patches.push(await set.get(i));
  await data.close();
  return patches;
}

/** A patch of a batch, in 8 bits. */
function patchOf(values: Float32Array, slot: number, sidePx: number): RgbImage {
  const length = sidePx * sidePx * 3;
  const own = values.subarray(slot * length, (slot + 1) * length);
  return { widthPx: sidePx, heightPx: sidePx, data: Uint8Array.from(own, (x) => x * 255 + 0.5) };
}

test('what is drawn for a patch follows from seed, batch and slot; LR is made of what HR became', async () => {
  const [plain] = (await batches(experimentOf())) as [Batch];
  const [changed] = (await batches(experimentOf({ train: { transforms: [hedJitter] } }))) as [
    Batch,
  ];
  for (let slot = 0; slot < plain.count; slot++) {
    const before = { hr: patchOf(plain.hr, slot, plain.hrPx) };
    const expected = applyTransforms([hedJitter], before, randomStream(7, 'stain', 3, slot)).hr;
    expect(patchOf(changed.hr, slot, plain.hrPx)).toEqual(expected);
    expect(expected).not.toEqual(before.hr);
    expect(patchOf(changed.lr, slot, plain.lrPx)).toEqual(resizeBicubic(expected, 1 / 2));
  }
});

test('those of training are for training patches, those of data for every split', async () => {
  const plain = experimentOf();
  const trained = experimentOf({ train: { transforms: [jitter] } });
  expect(await batches(trained)).not.toEqual(await batches(plain));
  const untouched = await testPatches(plain);
  expect(await testPatches(trained)).toEqual(untouched);
  const everywhere = experimentOf({ transforms: [normalize('reinhard')] });
  expect(await batches(everywhere)).not.toEqual(await batches(plain));
  const normalised = await testPatches(everywhere);
  // Patches of glass alone stay as they are.
  const changed = normalised.filter(({ hr }, i) => !isDeepStrictEqual(hr, untouched[i]?.hr));
  expect(changed.length).toBeGreaterThan(normalised.length / 4);
  for (const { hr, lr } of changed) expect(lr).toEqual(resizeBicubic(hr, 1 / 2));
});

test('those of every split come first', async () => {
  const train = { transforms: [jitter] };
  const both = experimentOf({ transforms: [normalize('macenko')], train });
  const listed = experimentOf({ train: { transforms: [normalize('macenko'), jitter] } });
  expect(await batches(both)).toEqual(await batches(listed));
});

test('the digest of each reference is kept with the data', async () => {
  const data = await open(experimentOf({ transforms: [normalize('vahadane')] }));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(data.references).toEqual({ 'ref.png': sha256 });
  await data.close();
});

test('references that cannot be used are wrong input, all of them at once', async () => {
  await writePng(join(folder, 'black.png'), createRgbImage(64, 64));
  await writePng(join(folder, 'huge.png'), createRgbImage(8192, 4096));
  writeFileSync(join(folder, 'broken.png'), bytes.subarray(0, 20));
  const experiment = experimentOf({
    transforms: [normalize('macenko', 'none.png'), normalize('reinhard', 'black.png')],
    train: { transforms: [normalize('vahadane', 'huge.png'), normalize('macenko', 'broken.png')] },
  });
  const error = (await open(experiment).catch((reason: unknown) => reason)) as InputError;
  expect(error).toBeInstanceOf(InputError);
  expect(error.problems.map((problem) => problem.describe())).toEqual([
    expect.stringMatching(/^none.png: the reference cannot be read: .*relative to .*E_FILE/),
    expect.stringMatching(/^black.png: has too little tissue.*E_DATA/),
    expect.stringMatching(/^huge.png: has 8192x4096 pixels, too many for a reference.*E_IMAGE/),
    expect.stringMatching(/^broken.png: cannot be decoded.*E_IMAGE/),
  ]);
});

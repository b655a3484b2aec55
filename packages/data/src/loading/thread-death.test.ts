import type { MmsrError } from '@mmsr/core';
import { open } from '../testing/open-batches.js';
import type { Death } from '../testing/stub-plugins.js';
import { experimentOf } from '../testing/test-experiment.js';
import { ThreadStream } from './thread-stream.js';

const sampler = {
  seed: 7,
  batchSize: 4,
  magnifications: [20],
  patchPx: 24,
  augment: { flip: true, rotate: true },
};
const importable = { url: new URL('../testing/stub-plugins.js', import.meta.url).href };

/** A stream whose threads die when they read, with little memory so that its end comes soon. */
function dyingStream(death: Death, threads: number): ThreadStream {
  const degradation = { ...importable, kind: 'degradation', name: 'failing', options: {} } as const;
  const source = { ...importable, kind: 'source', name: 'dying', options: { death } } as const;
  const sourceContext = { seed: 7, split: 'train', scale: 2, folder: '.' } as const;
  const task = { source, sourceContext, degradation, transforms: [], sampler, digests: ['d'] };
  return new ThreadStream(
    { ...task, onBadPatch: 'skip' },
    { batchSize: 4, lrPx: 12, hrPx: 24 },
    (batch, slot, attempt) => `batch ${batch}, slot ${slot}, attempt ${attempt}`,
    threads,
    5,
    { maxOldGenerationSizeMb: 32 },
  );
}

test.each([
  ['throw', /^a loading thread has failed: segment not mapped while it made batch 5;/, 'slot 3'],
  ['exit', /^a loading thread has ended with exit code 3 while it made batch 5;/, 'slot 0'],
  ['memory', /^a loading thread has failed: .*memory.* while it made batch 5;/, 'slot 0'],
] as const)('a thread that dies (%s) names the batch and patch', async (death, message, slot) => {
  const stream = dyingStream(death, 1);
  const error = (await stream.next().catch((reason: unknown) => reason)) as MmsrError;
  expect(error).toMatchObject({ code: 'E_DATA', where: `batch 5, ${slot}, attempt 0` });
  expect(error.message).toMatch(message);
  expect(error.message).toMatch(/; this is the patch that it began last$/);
  // Asked again, it still does not wait for ever.
  await expect(stream.next()).rejects.toBe(error);
  await stream.close();
});

test('of two threads that die, the first is told of and none is left', async () => {
  const stream = dyingStream('exit', 2);
  await expect(stream.next()).rejects.toThrow(/exit code 3 while it made batch [56];/);
  await stream.close();
  await expect(stream.next()).rejects.toThrow();
});

test('the message names file, magnification and place', async () => {
  const train = { source: { name: 'dying', death: 'exit' }, magnifications: [20], patchPx: 24 };
  const data = await open(experimentOf({ train, workers: 1 }));
  await expect(data.batches(0).next()).rejects.toMatchObject({
    where: expect.stringMatching(/^damaged\.svs at 20x, x \d+, y \d+$/) as string,
    advice: 'With `data.workers=0` patches are made on the main thread, which may say more.',
  });
  await data.close();
});

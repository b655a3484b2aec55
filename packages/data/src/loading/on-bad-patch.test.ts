import type { SkippedPatches } from '@mmsr/core';
import { open } from '../testing/open-batches.js';
import { experimentOf } from '../testing/test-experiment.js';

async function skippedOf(workers: number, batches: number): Promise<SkippedPatches | undefined> {
  const train = { source: { name: 'crumbling' }, magnifications: [20] };
  const data = await open(experimentOf({ train, workers, onBadPatch: 'skip' }));
  const stream = data.batches(0);
  for (let i = 0; i < batches; i++) await stream.next();
  const { count = 0, patches = 0, images = [] } = stream.skipped ?? {};
  await data.close();
  return { count, patches, images };
}

test('what is skipped is counted by image, whatever the number of threads', async () => {
  const skipped = await skippedOf(0, 12);
  expect(skipped).toEqual({
    count: 7,
    patches: 48,
    images: [
      { id: 'a.svs', count: 2, firstProblem: 'a.svs at 20x, x 65, y 75: torn [E_IMAGE]' },
      { id: 'b.svs', count: 5, firstProblem: 'b.svs at 20x, x 64, y 12: torn [E_IMAGE]' },
    ],
  });
  expect(await skippedOf(3, 12)).toEqual(skipped);
});

test.each([0, 2])('with %i threads too many skipped patches end the run', async (workers) => {
  const train = { source: { name: 'crumbling' }, magnifications: [20] };
  const data = await open(experimentOf({ train, workers, onBadPatch: 'skip' }));
  const stream = data.batches(0);
  let batches = 0;
  const drain = async () => {
    for (; ; batches++) await stream.next();
  };
  await expect(drain()).rejects.toMatchObject({
    code: 'E_DATA',
    where: 'data.train.source',
    message:
      '11 of the 60 patches so far could not be read, in a.svs (3), b.svs (8). The first: ' +
      'a.svs at 20x, x 65, y 75: torn [E_IMAGE]',
    advice: 'At most 1 % are skipped: mend the files or leave them out.',
  });
  expect(batches).toBe(14);
  await data.close();
});

test('a slot for which nothing can be read is an error', async () => {
  const train = { source: { name: 'faulty', upTo: -1 }, magnifications: [20] };
  const data = await open(experimentOf({ train, onBadPatch: 'skip' }));
  await expect(data.batches(0).next()).rejects.toMatchObject({
    code: 'E_IMAGE',
    message: '8 patches in a row could not be read; the last: cannot be decoded',
    where: expect.stringMatching(/^damaged\.svs at 20x, x \d+, y \d+$/) as string,
  });
  await data.close();
});

test('a fault of a plugin is no bad patch', async () => {
  const data = await open(experimentOf({ degradation: { name: 'failing' }, onBadPatch: 'skip' }));
  await expect(data.batches(0).next()).rejects.toMatchObject({ message: 'no such kernel' });
  await data.close();
});

test('an evaluation patch is never skipped', async () => {
  const test = { source: { name: 'faulty' }, magnifications: [20], patchPx: 32 };
  const data = await open(experimentOf({ test, onBadPatch: 'skip' }));
  const set = data.evaluationSet('test');
  await set.get(0);
  await expect(set.get(2)).rejects.toMatchObject({ where: 'damaged.svs at 20x, x 64, y 0' });
  await data.close();
});

import { InputError, type MmsrError, type Source, type SourceImage } from '@mmsr/core';
import { PatchPipeline } from '../loading/patch-pipeline.js';
import { changingSource, faultySource } from '../testing/stub-plugins.js';
import { experimentOf, registryOf, TISSUE } from '../testing/test-experiment.js';
import { divideGroups } from './divide-groups.js';
import { PartSource, partsOf } from './part-source.js';

/** Ten patients of three images each, one after the other. */
const images = Array.from({ length: 30 }, (_, i) => ({ group: `patient-${i % 10}` }));
const shares = [
  { split: 'train', fraction: 0.7 },
  { split: 'validation', fraction: 0.1 },
  { split: 'test', fraction: 0.2 },
] as const;

function groupsOf(part: readonly number[] | undefined): string[] {
  return [...new Set((part ?? []).map((index) => images[index]?.group ?? ''))].sort();
}

test('groups are dealt out whole, every one once, by the seed and their names alone', () => {
  const parts = divideGroups(images, shares, 1);
  expect([...parts.values()].map(({ length }) => length)).toEqual([21, 3, 6]);
  const groups = [...parts.values()].flatMap(groupsOf);
  expect(new Set(groups).size).toBe(10);
  expect(groups).toHaveLength(10);
  for (const part of parts.values()) expect(part).toEqual([...part].sort((a, b) => a - b));
  const backwards = divideGroups([...images].reverse(), shares, 1);
  const names = backwards.get('test')?.map((index) => [...images].reverse()[index]?.group);
  expect([...new Set(names)].sort()).toEqual(groupsOf(parts.get('test')));
});

test('each group is tested on as often as another by the seed', () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 500; seed++) {
    for (const group of groupsOf(divideGroups(images, shares, seed).get('test'))) {
      counts.set(group, (counts.get(group) ?? 0) + 1);
    }
  }
  // 100 expected, standard deviation 9.
  expect([...counts.values()].every((count) => Math.abs(count - 100) < 36)).toBe(true);
});

test('fractions of more than all, and of less than a group', () => {
  const problem = (fractions: readonly number[], of = images) => {
    try {
      divideGroups(
        of,
        fractions.map((fraction, i) => ({ split: i === 0 ? 'train' : 'test', fraction })),
        1,
      );
      return undefined;
    } catch (error) {
      return (error as MmsrError).describe();
    }
  };
  expect(problem([0.9, 0.1])).toBeUndefined();
  expect(problem([0.9, 0.2])).toBe(
    'data.test.fraction: the fractions of one source are more than all of it: 0.9 + 0.2. They may ' +
      'sum to 1 at most. [E_DATA]',
  );
  expect(problem([0.9, 0.1], images.slice(0, 3))).toBe(
    'data.test.fraction: a fraction of 0.1 of 3 slides or patients is none. Raise it, add slides or ' +
      'patients, or check `group` of the source. [E_DATA]',
  );
});

test('a part reads its own images of the whole, which is closed with its last part', async () => {
  const calls: unknown[] = [];
  const image = (id: string) => ({ id, group: id }) as SourceImage;
  const whole: Source = {
    images: ['a', 'b', 'c'].map(image),
    warnings: ['worth a look'],
    read: (index) => Promise.reject(new Error(String(index))),
    accepts: (index) => index === 2,
    handOver: () => 'all',
    close: () => Promise.resolve(void calls.push('closed')),
  };
  const parts = partsOf(
    whole,
    new Map([
      ['train', [0, 2]],
      ['test', [1]],
    ]),
  );
  const [train, test] = [...parts.values()] as [PartSource, PartSource];
  const region = { x: 0, y: 0, width: 1, height: 1 };
  expect(train.images.map(({ id }) => id)).toEqual(['a', 'c']);
  await expect(train.read(1, 20, region)).rejects.toThrow('2');
  expect([0, 1].map((index) => train.accepts?.(index, 20, region))).toEqual([false, true]);
  expect([train.handOver(), train.warnings]).toEqual(['all', ['worth a look']]);
  expect(new PartSource({ ...whole, accepts: undefined } as Source, [0]).accepts).toBeUndefined();
  await train.close();
  expect(calls).toEqual([]);
  await test.close();
  expect(calls).toEqual(['closed']);
});

const registry = registryOf([faultySource, changingSource]);
const source = { ...TISSUE, count: 5 };
const fractions = (seed: number, workers = 0) =>
  experimentOf({
    train: { source, fraction: 0.6 },
    validation: { source, fraction: 0.2, magnifications: [20], patchPx: 32, count: null },
    test: { source, fraction: 0.2, magnifications: [20] },
    splitSeed: seed,
    workers,
  });

test('an experiment shares the images of a source, the same with threads', async () => {
  const idsBy = new Map<number, string[][]>();
  for (const seed of [1, 2, 3]) {
    const data = await new PatchPipeline(registry).open(fractions(seed), '.');
    const ids = (['train', 'validation', 'test'] as const).map((split) =>
      (data.splits[split]?.images ?? []).map(({ id }) => id),
    );
    expect(ids.map(({ length }) => length)).toEqual([3, 1, 1]);
    expect(new Set(ids.flat()).size).toBe(5);
    idsBy.set(seed, ids);
    await data.close();
  }
  expect(new Set([...idsBy.values()].map(String)).size).toBe(3);
  const bytes = await Promise.all(
    [0, 2].map(async (workers) => {
      const data = await new PatchPipeline(registry).open(fractions(1, workers), '.');
      expect(data.warnings).toEqual([]);
      const stream = data.batches(0);
      const batches = [await stream.next(), await stream.next()];
      await data.close();
      return batches.map(({ hr }) => [...hr]);
    }),
  );
  expect(bytes[0]).toEqual(bytes[1]);
});

test('fractions that do not go are problems of the experiment', async () => {
  const experiment = experimentOf({ train: { fraction: 0.9 }, test: { fraction: 0.3 } });
  const error = await new PatchPipeline(registry)
    .open(experiment, '.')
    .catch((reason: unknown) => reason as InputError);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).problems.map(({ where }) => where)).toEqual(['data.test.fraction']);
});

import type { SourceImage } from '@mmsr/core';
import { PatchSampler, type SampledPatch, type SamplerOptions } from './patch-sampler.js';

function image(id: string, widthPx: number, heightPx: number, magnification = 20): SourceImage {
  return { id, group: id, widthPx, heightPx, magnification, digest: id };
}

const options: SamplerOptions = {
  seed: 3,
  batchSize: 4,
  magnifications: [20, 10, 5],
  patchPx: 16,
  augment: { flip: true, rotate: true },
};

function draw(sampler: PatchSampler, batches: number): SampledPatch[] {
  const { batchSize } = sampler.options;
  return Array.from({ length: batches * batchSize }, (_, i) =>
    sampler.patch(Math.floor(i / batchSize), i % batchSize),
  );
}

test('every magnification has its share of each batch, and of three batches exactly', () => {
  const drawn = draw(new PatchSampler({ images: [image('a', 100, 100)] }, options), 3);
  expect(drawn.map(({ magnificationClass }) => magnificationClass)).toEqual([
    0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2,
  ]);
  expect(drawn.map(({ magnification }) => magnification).slice(0, 3)).toEqual([20, 10, 5]);
});

test('every place of every image is as likely, the last ones included', () => {
  // 3 x 2 places in the first image, 1 x 1 in the second, none in the third; at 10x of 20x.
  const images = [image('a', 36, 34), image('b', 33, 33), image('c', 31, 200)];
  const sampler = new PatchSampler({ images }, { ...options, magnifications: [10] });
  const counts = new Map<string, number>();
  for (const { image, x, y } of draw(sampler, 1750)) {
    const key = `${image}: ${x} ${y}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual([
    '0: 0 0',
    '0: 0 1',
    '0: 1 0',
    '0: 1 1',
    '0: 2 0',
    '0: 2 1',
    '1: 0 0',
  ]);
  // 1000 expected, standard deviation 29.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  expect(sampler.imagesOf(0)).toBe(2);
});

test('patches of pairs begin at multiples of the scale, the last ones included', () => {
  const images = [{ ...image('a', 37, 34), gridPx: 2 }];
  const sampler = new PatchSampler({ images }, { ...options, magnifications: [20], patchPx: 32 });
  const seen = new Set(draw(sampler, 50).map(({ x, y }) => `${x} ${y}`));
  expect([...seen].sort()).toEqual(['0 0', '0 2', '2 0', '2 2', '4 0', '4 2']);
});

test('a patch follows from seed, batch and slot, not from what was drawn before', () => {
  const images = [image('a', 500, 400), image('b', 300, 300, 40)];
  const inOrder = draw(new PatchSampler({ images }, options), 20);
  const alone = new PatchSampler({ images }, options).patch(17, 2);
  expect(alone).toEqual(inOrder[17 * 4 + 2]);
  const other = draw(new PatchSampler({ images }, { ...options, seed: 4 }), 20);
  expect(other).not.toEqual(inOrder);
});

test('what is allowed to turn does not change where patches lie', () => {
  const places = (flip: boolean, rotate: boolean) => {
    const sampler = new PatchSampler(
      { images: [image('a', 90, 90)] },
      {
        ...options,
        augment: { flip, rotate },
      },
    );
    return draw(sampler, 5).map(({ x, y }) => [x, y]);
  };
  expect(places(true, true)).toEqual(places(false, false));
});

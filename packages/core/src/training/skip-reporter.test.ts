import type { SkippedPatches } from '../contracts/data-pipeline.js';
import { SkipReporter } from './skip-reporter.js';

function skippedOf(counts: readonly number[], patches = 1000): SkippedPatches {
  const images = counts.map((count, i) => ({
    id: `${i}.svs`,
    count,
    firstProblem: `${i}.svs at 20x, x 1, y 2: torn [E_IMAGE]`,
  }));
  return { count: counts.reduce((sum, one) => sum + one, 0), patches, images };
}

function reporter() {
  const said: string[] = [];
  return {
    said,
    skips: new SkipReporter((text) => {
      said.push(text);
      return Promise.resolve();
    }),
  };
}

test('each image is named when it comes up, five at most, and the sum at the end', async () => {
  const { said, skips } = reporter();
  await skips.update(skippedOf([1]));
  await skips.update(skippedOf([3]));
  expect(said.splice(0)).toEqual(['a patch was skipped: 0.svs at 20x, x 1, y 2: torn [E_IMAGE]']);
  await skips.update(skippedOf([3, 1, 1, 1]));
  await skips.update(skippedOf([3, 1, 1, 1, 1, 1, 1]));
  await skips.update(skippedOf([3, 1, 1, 1, 1, 1, 1, 1]));
  expect(said.splice(0).map((text) => text.slice(21, 26))).toEqual(
    [1, 2, 3, 4].map((i) => `${i}.svs`),
  );
  await skips.finish(skippedOf([3, 1, 1, 1, 1, 1, 1]));
  await skips.finish(skippedOf([2, 1, 1, 1, 1, 1]));
  expect(said).toEqual([
    '9 of 1000 patches could not be read and were replaced: 0.svs (3), 1.svs (1), 2.svs (1), ' +
      '3.svs (1), 4.svs (1), 2 other images',
    '7 of 1000 patches could not be read and were replaced: 0.svs (2), 1.svs (1), 2.svs (1), ' +
      '3.svs (1), 4.svs (1), 1 other image',
  ]);
});

test('nothing is said where nothing was skipped', async () => {
  const { said, skips } = reporter();
  for (const skipped of [undefined, skippedOf([])]) {
    await skips.update(skipped);
    await skips.finish(skipped);
  }
  expect(said).toEqual([]);
});

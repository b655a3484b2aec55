import type { SourceImage } from '@mmsr/core';
import { gridPlaces } from '../patches/grid-places.js';
import { spread } from './evaluation-places.js';
import { planEvaluation } from './plan-evaluation.js';

function image(id: string, widthPx: number, heightPx: number): SourceImage {
  return { id, group: id, widthPx, heightPx, magnification: 20, digest: id };
}

const images = [image('a.svs', 700, 450), image('b.svs', 450, 450), image('c.svs', 90, 90)];

test('all patches that fit side by side, in native and in shrunk pixels', () => {
  const plan = planEvaluation(
    'test',
    { images: images.slice(0, 2) },
    {
      magnifications: [20, 10],
      patchPx: 200,
      count: null,
    },
  );
  expect(plan.problems).toEqual([]);
  expect(plan.samples).toEqual({ 20: 10, 10: 2 });
  expect(plan.places.map(({ image, magnification, x, y }) => [image, magnification, x, y])).toEqual(
    [
      [0, 20, 0, 0],
      [0, 20, 200, 0],
      [0, 20, 400, 0],
      [0, 20, 0, 200],
      [0, 20, 200, 200],
      [0, 20, 400, 200],
      [1, 20, 0, 0],
      [1, 20, 200, 0],
      [1, 20, 0, 200],
      [1, 20, 200, 200],
      [0, 10, 0, 0],
      [1, 10, 0, 0],
    ],
  );
});

test('a count takes as much of every image as it can, from all over it', () => {
  const grid = gridPlaces({ images: [image('a', 1000, 100), image('b', 200, 100)] }, 20, 100);
  expect(spread(grid, 7).map(({ image, x }) => [image, x])).toEqual([
    // 5 of 10: one of every two; 2 of 2.
    [0, 100],
    [0, 300],
    [0, 500],
    [0, 700],
    [0, 900],
    [1, 0],
    [1, 100],
  ]);
  expect(spread(grid, 12)).toEqual(grid.flat());
});

test('images too small for a patch are left out with a warning', () => {
  const plan = planEvaluation(
    'validation',
    { images },
    {
      magnifications: [20, 5],
      patchPx: 110,
      count: 2,
    },
  );
  expect(plan.samples).toEqual({ 20: 2, 5: 2 });
  expect(plan.places.every(({ image }) => image < 2)).toBe(true);
  expect(plan.warnings).toEqual([
    'data.validation: c.svs is too small for a patch of 110 pixels at 20x and left out there',
    'data.validation: c.svs is too small for a patch of 110 pixels at 5x and left out there',
  ]);
});

test('too few and none at all are errors with the numbers', () => {
  const plan = planEvaluation(
    'test',
    { images },
    { magnifications: [20, 5], patchPx: 200, count: 11 },
  );
  expect(plan.problems.map((problem) => problem.describe())).toEqual([
    'data.test.count: 11 patches of 200 pixels are asked for at 20x, 10 fit side by side into ' +
      'what is used of the images. Lower `count` or `patchPx`, or add images. [E_DATA]',
    'data.test: no image holds a patch of 200x200 pixels at 5x; the largest there is a.svs with ' +
      '175x112. Lower `patchPx`, leave the magnification out, or use larger images. [E_DATA]',
  ]);
});

import { judgeMemory } from './try-batches.js';

const took = (step: number, image: number) => ({
  ...{ stepPeakBytes: step * 1e6, imagePeakBytes: image * 1e6, imagePx: 512 },
});

test('memory that suffices is nothing to tell', () => {
  expect(judgeMemory('main', took(700, 300), 1000e6)).toEqual({ warnings: [] });
});

test('a step that leaves little memory is a warning', () => {
  const { problem, warnings } = judgeMemory('main', took(900, 300), 1000e6);
  expect(problem).toBeUndefined();
  expect(warnings).toEqual([
    'main: a step takes 900 MB of memory, 1,000 MB are free. End other programs, or lower training.batchSize or data.train.patchPx.',
  ]);
});

test('an image that takes more than there is, is an error that names its key', () => {
  const { problem } = judgeMemory('main', took(900, 1200), 1000e6);
  expect(problem?.describe()).toBe(
    'main: an image of 512 px takes 1,200 MB of memory, 1,000 MB are free. End other programs, or lower patchPx of data.test and data.validation. [E_OUT_OF_MEMORY]',
  );
});

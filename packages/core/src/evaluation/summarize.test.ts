import type { ImageResult } from '../run/results.js';
import { confusionMatrix, summarize } from './summarize.js';

const image = (magnification: number, predicted: number | null, psnrDb: number): ImageResult => ({
  id: `${magnification}-${psnrDb}`,
  group: psnrDb > 30 ? 'a' : 'b',
  magnification,
  psnrDb,
  ssim: psnrDb / 100,
  bicubic: { psnrDb: psnrDb - 1, ssim: 0.2 },
  predictedMagnification: predicted,
});

const images = [image(20, 20, 30), image(20, 10, 32), image(10, 10, 34), image(5, 10, 36)];

test('means and accuracy are per magnification and over all', () => {
  const summary = summarize(images, [20, 10]);
  expect(summary['20']).toEqual({
    images: 2,
    groups: 2,
    psnrDb: 31,
    ssim: 0.31,
    bicubic: { psnrDb: 30, ssim: 0.2 },
    accuracy: 0.5,
  });
  expect(summary['10']?.accuracy).toBe(1);
  expect(summary.all?.psnrDb).toBe(33);
});

test('images of a magnification that was not trained on have no accuracy', () => {
  const summary = summarize(images, [20, 10]);
  expect(summary['5']?.accuracy).toBeNull();
  expect(summary.all?.accuracy).toBeCloseTo(2 / 3, 12);
});

test('the confusion matrix counts actual by predicted magnification, descending', () => {
  expect(confusionMatrix(images, [10, 20])).toEqual({
    actual: [20, 10, 5],
    predicted: [20, 10],
    counts: [
      [1, 1],
      [0, 1],
      [0, 1],
    ],
  });
});

test('without a head there is neither accuracy nor a confusion matrix', () => {
  const plain = images.map((one) => ({ ...one, predictedMagnification: null }));
  expect(confusionMatrix(plain, [20, 10])).toBeNull();
  expect(summarize(plain, [20, 10]).all?.accuracy).toBeNull();
});

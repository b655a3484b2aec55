import type { ConfusionMatrix, ImageResult, MetricValues, Summary } from '../run/results.js';

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function meanMetrics(values: readonly MetricValues[]): MetricValues {
  const metric = (of: (value: MetricValues) => number | undefined) =>
    values.map(of).filter((value) => value !== undefined);
  const psnrDb = metric((value) => value.psnrDb);
  const ssim = metric((value) => value.ssim);
  return {
    ...(psnrDb.length === 0 ? {} : { psnrDb: mean(psnrDb) }),
    ...(ssim.length === 0 ? {} : { ssim: mean(ssim) }),
  };
}

/**
 * Means per magnification and over all images.
 * @param trained magnifications the branch knows; accuracy counts only images of these
 */
export function summarize(
  images: readonly ImageResult[],
  trained: readonly number[],
): Record<string, Summary> {
  const magnifications = [...new Set(images.map(({ magnification }) => magnification))];
  const summary: Record<string, Summary> = {};
  for (const magnification of magnifications.sort((a, b) => b - a)) {
    const chosen = images.filter((image) => image.magnification === magnification);
    summary[String(magnification)] = summaryOf(chosen, trained);
  }
  summary.all = summaryOf(images, trained);
  return summary;
}

function summaryOf(images: readonly ImageResult[], trained: readonly number[]): Summary {
  const classified = images.filter(
    ({ magnification, predictedMagnification }) =>
      predictedMagnification !== null && trained.includes(magnification),
  );
  const right = classified.filter(
    ({ magnification, predictedMagnification }) => magnification === predictedMagnification,
  );
  return {
    images: images.length,
    groups: new Set(images.map(({ group }) => group)).size,
    ...meanMetrics(images),
    bicubic: meanMetrics(images.map(({ bicubic }) => bicubic)),
    accuracy: classified.length === 0 ? null : right.length / classified.length,
  };
}

/** Null without a head. */
export function confusionMatrix(
  images: readonly ImageResult[],
  trained: readonly number[],
): ConfusionMatrix | null {
  if (images.every(({ predictedMagnification }) => predictedMagnification === null)) return null;
  const descending = (values: readonly number[]) => [...new Set(values)].sort((a, b) => b - a);
  const actual = descending(images.map(({ magnification }) => magnification));
  const predicted = descending(trained);
  const counts = actual.map((row) =>
    predicted.map(
      (column) =>
        images.filter(
          ({ magnification, predictedMagnification }) =>
            magnification === row && predictedMagnification === column,
        ).length,
    ),
  );
  return { actual, predicted, counts };
}

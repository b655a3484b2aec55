import type { EvaluationSample, EvaluationSet } from '../contracts/data-pipeline.js';
import type { Inference } from '../contracts/engine.js';
import type { Experiment } from '../experiment/schema.js';
import { resizeBicubic } from '../images/imresize.js';
import type { RgbImage } from '../images/rgb-image.js';
import { trainedMagnifications } from '../experiment/magnifications.js';
import type { ImageResult, MetricValues, ResultProtocol } from '../run/results.js';
import { memoryOfImage, withinMemory } from '../training/out-of-memory.js';
import { toPlanes, type MetricProtocol, type RgbValues } from './planes.js';
import { IDENTICAL_PSNR_DB, psnrDb } from './psnr.js';
import { ssim } from './ssim.js';

/** How the numbers of an experiment are made, to be stamped on them. */
export function protocolOf({ evaluation, scale, training }: Experiment): ResultProtocol {
  return {
    color: evaluation.color,
    cropPx: evaluation.cropPx === 'scale' ? scale : evaluation.cropPx,
    rounding: evaluation.rounding,
    dataRange: 255,
    psnr: `over all channels together; identical images count as ${IDENTICAL_PSNR_DB} dB`,
    ssim: 'float64, Gaussian 11x11, sigma 1.5, valid region, mean over channels',
    bicubic: 'MATLAB imresize of the 8-bit LR image',
    weights: training.ema === null ? 'last' : 'average',
  };
}

export interface EvaluatedImage {
  readonly result: ImageResult;
  readonly sample: EvaluationSample;
  readonly sr: RgbImage;
  readonly bicubic: RgbImage;
}

/** Predicts one image after the other and measures it beside bicubic interpolation. */
export async function* evaluate(
  inference: Inference,
  set: EvaluationSet,
  experiment: Experiment,
): AsyncGenerator<EvaluatedImage> {
  for (let index = 0; index < set.length; index++) {
    yield evaluateImage(inference, await set.get(index), experiment);
  }
}

/** The same of one image. */
export async function evaluateImage(
  inference: Inference,
  sample: EvaluationSample,
  experiment: Experiment,
): Promise<EvaluatedImage> {
  const protocol = protocolOf(experiment);
  const classes = trainedMagnifications(experiment);
  const { lr, hr, id, group, magnification } = sample;
  const shape = [1, lr.heightPx, lr.widthPx, 3] as const;
  const input = Float32Array.from(lr.data, (value) => value / 255);
  const use = memoryOfImage(id, hr.widthPx, hr.heightPx);
  const { sr: values, logits } = await withinMemory(use, () => inference.predict(input, shape));
  const sr = toRgbImage(values, hr);
  const measured = protocol.rounding === 'uint8' ? sr : clip(values, hr);
  const bicubic = resizeBicubic(lr, experiment.scale);
  const metrics = (image: RgbValues) => measure(image, hr, experiment.evaluation.metrics, protocol);
  const result: ImageResult = {
    id,
    group,
    magnification,
    ...metrics(measured),
    bicubic: metrics(bicubic),
    predictedMagnification:
      logits === undefined ? null : (classes[indexOfLargest(logits)] as number),
  };
  return { result, sample, sr, bicubic };
}

/** PSNR and SSIM of one image against its original, both of the same size. */
export function measure(
  image: RgbValues,
  original: RgbValues,
  metrics: readonly ('psnr' | 'ssim')[],
  protocol: MetricProtocol,
): MetricValues {
  const a = toPlanes(image, protocol);
  const b = toPlanes(original, protocol);
  return {
    ...(metrics.includes('psnr') ? { psnrDb: psnrDb(a, b) } : {}),
    ...(metrics.includes('ssim') ? { ssim: ssim(a, b) } : {}),
  };
}

function toRgbImage(values: Float32Array, { widthPx, heightPx }: RgbImage): RgbImage {
  const data = Uint8Array.from(values, (value) =>
    Math.round(Math.min(1, Math.max(0, value)) * 255),
  );
  return { widthPx, heightPx, data };
}

function clip(values: Float32Array, { widthPx, heightPx }: RgbImage): RgbValues {
  const data = Float64Array.from(values, (value) => Math.min(1, Math.max(0, value)) * 255);
  return { widthPx, heightPx, data };
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);
}

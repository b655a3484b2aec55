import '@tensorflow/tfjs-backend-cpu';
import * as tf from '../tf.js';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LossPlugin } from '../contracts/loss.js';
import { measure } from '../evaluation/evaluator.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { randomStream } from '../random/random-stream.js';
import { charbonnierLoss } from './losses/charbonnier.js';
import { crossEntropyLoss } from './losses/cross-entropy.js';
import { focalLoss } from './losses/focal.js';
import { l1Loss } from './losses/l1.js';
import { mseLoss } from './losses/mse.js';
import { ssimLoss } from './losses/ssim.js';
import { createObjective } from './objective.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const logits = () => tf.tensor2d([1, 2, 0.5, -1, 0, 3], [2, 3]);
const classes = () => tf.tensor1d([1, 0], 'int32');

const magnificationLoss = (plugin: LossPlugin, options: object) =>
  plugin.create(options, { classes: 3 }) as (a: tf.Tensor, b: tf.Tensor) => tf.Scalar;

const superResolutionLoss = (plugin: LossPlugin, options: object = {}) =>
  plugin.create(options, { classes: 3 }) as (a: tf.Tensor, b: tf.Tensor) => tf.Scalar;

const valueOf = (scalar: tf.Scalar) => scalar.dataSync()[0] as number;

/** log p of the true classes of `logits`. */
const logProbabilities = [
  [1, 2, 0.5, 1],
  [-1, 0, 3, 0],
].map(([a, b, c, truth]) => {
  const scores = [a, b, c] as number[];
  const total = Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0));
  return (scores[truth as number] as number) - total;
});

describe('losses of pixels', () => {
  const sr = () => tf.tensor4d([0.1, 0.5, 0.9], [1, 1, 1, 3]);
  const hr = () => tf.tensor4d([0.2, 0.5, 0.6], [1, 1, 1, 3]);

  test('l1', () => {
    expect(valueOf(superResolutionLoss(l1Loss)(sr(), hr()))).toBeCloseTo(0.4 / 3, 6);
  });

  test('the gradient of l1 is sign / n, and 0 where nothing differs', () => {
    const loss = superResolutionLoss(l1Loss);
    const gradient = tf
      .grad((x) => loss(x, hr()))(sr())
      .dataSync();
    [-1 / 3, 0, 1 / 3].forEach((value, i) => expect(gradient[i]).toBeCloseTo(value, 6));
  });

  test('mse', () => {
    expect(valueOf(superResolutionLoss(mseLoss)(sr(), hr()))).toBeCloseTo(0.1 / 3, 6);
  });

  test('charbonnier', () => {
    const loss = superResolutionLoss(charbonnierLoss, { epsilon: 0.1 });
    const expected = (Math.sqrt(0.02) + 0.1 + Math.sqrt(0.1)) / 3;
    expect(valueOf(loss(sr(), hr()))).toBeCloseTo(expected, 6);
  });

  test('ssim is 1 - the metric, on floats', () => {
    const random = randomStream(1, 'ssim');
    const pixels = Uint8Array.from({ length: 16 * 14 * 3 }, () => random.integer(256));
    const noisy = pixels.map((value) => Math.min(255, value + random.integer(40)));
    const image = (data: Uint8Array) => ({ widthPx: 14, heightPx: 16, data });
    const tensor = (data: Uint8Array): Tensor4D =>
      tf.div(tf.tensor4d(Float32Array.from(data), [1, 16, 14, 3]), 255);
    const protocol = { color: 'rgb', cropPx: 0, rounding: 'uint8' } as const;
    const metric = measure(image(noisy), image(pixels), ['ssim'], protocol).ssim as number;
    const loss = superResolutionLoss(ssimLoss)(tensor(noisy), tensor(pixels));
    expect(valueOf(loss)).toBeCloseTo(1 - metric, 5);
  });
});

describe('losses of classes', () => {
  const [first, second] = logProbabilities as [number, number];

  test('cross-entropy', () => {
    const loss = magnificationLoss(crossEntropyLoss, { labelSmoothing: 0 });
    expect(valueOf(loss(logits(), classes()))).toBeCloseTo(-(first + second) / 2, 5);
  });

  test('label smoothing spreads its share over all classes', () => {
    const smoothed = magnificationLoss(crossEntropyLoss, { labelSmoothing: 0.3 });
    const uniform = magnificationLoss(crossEntropyLoss, { labelSmoothing: 1 });
    const sharp = -(first + second) / 2;
    const expected = 0.7 * sharp + 0.3 * valueOf(uniform(logits(), classes()));
    expect(valueOf(smoothed(logits(), classes()))).toBeCloseTo(expected, 5);
  });

  test('focal', () => {
    const loss = magnificationLoss(focalLoss, { gamma: 2 });
    const term = (log: number) => -((1 - Math.exp(log)) ** 2) * log;
    expect(valueOf(loss(logits(), classes()))).toBeCloseTo((term(first) + term(second)) / 2, 5);
  });

  test('focal with gamma 0 is cross-entropy, also in its gradient', () => {
    const focal = magnificationLoss(focalLoss, { gamma: 0 });
    const plain = magnificationLoss(crossEntropyLoss, { labelSmoothing: 0 });
    const gradient = (loss: typeof focal) =>
      tf
        .grad((x) => loss(x, classes()))(logits())
        .dataSync();
    gradient(focal).forEach((value, i) => {
      expect(value).toBeCloseTo(gradient(plain)[i] as number, 5);
    });
  });

  test('huge scores stay finite', () => {
    const loss = magnificationLoss(crossEntropyLoss, { labelSmoothing: 0 });
    expect(valueOf(loss(tf.tensor2d([1000, -1000, 0], [1, 3]), tf.tensor1d([1], 'int32')))).toBe(
      2000,
    );
  });
});

describe('objective', () => {
  const constant = (value: number) => () => tf.scalar(value);
  const prediction = {
    sr: tf.zeros([1, 1, 1, 3]) as Tensor4D,
    logits: tf.zeros([1, 3]) as Tensor2D,
  };
  const target = {
    hr: tf.zeros([1, 1, 1, 3]) as Tensor4D,
    magnification: tf.tensor1d([0], 'int32'),
  };
  const definition = {
    superResolution: { loss: constant(0.5), weight: 2 },
    magnification: { loss: constant(3), weight: 0.1 },
  };

  test('fixed weights', () => {
    const scope = ParameterScope.root(1);
    const objective = createObjective({ ...definition, weighting: 'fixed' }, scope);
    const { total, terms } = objective(prediction, target);
    expect(valueOf(total)).toBeCloseTo(1.3, 6);
    expect(Object.keys(terms)).toEqual(['superResolution', 'magnification']);
    expect(scope.all).toEqual([]);
  });

  test('uncertainty: weight / 2 * exp(-s) * loss + s / 2, and exp(-s) for the class', () => {
    const scope = ParameterScope.root(1);
    const objective = createObjective({ ...definition, weighting: 'uncertainty' }, scope);
    const [s1, s2] = scope.all;
    s1?.assign(Float32Array.of(0.4));
    s2?.assign(Float32Array.of(-0.7));
    const { total } = objective(prediction, target);
    const expected = Math.exp(-0.4) * 0.5 + 0.2 + 0.1 * Math.exp(0.7) * 3 - 0.35;
    expect(valueOf(total)).toBeCloseTo(expected, 5);
    scope.dispose();
  });

  test('without a head only the super-resolution loss counts', () => {
    const objective = createObjective(
      { ...definition, magnification: undefined, weighting: 'uncertainty' },
      ParameterScope.root(1),
    );
    const { total, terms } = objective({ ...prediction, logits: undefined }, target);
    expect(valueOf(total)).toBe(1);
    expect(Object.keys(terms)).toEqual(['superResolution']);
  });
});

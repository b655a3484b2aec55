import {
  evaluationPass,
  importTorch,
  tf,
  toTorchLayout,
  type BackbonePlugin,
  type Engine,
  type EnginePlugin,
  type MultiTaskModel,
  type Parameter,
  type SafeTensor,
} from '@mmsr/core';
import edsr from '@mmsr/backbone-edsr';
import rcan from '@mmsr/backbone-rcan';
import swinir from '@mmsr/backbone-swinir';
import { readGolden, type Golden } from './golden.js';
import { makeModel, optionsOf } from './models.js';

interface Case {
  readonly model: string;
  readonly size?: string;
  readonly backbone: BackbonePlugin;
  readonly options: object;
  /** Largest allowed difference of an output: ten times that between float32 and float64 in PyTorch. */
  readonly output: number;
  /** The same for gradients, relative to the largest gradient of the parameter. */
  readonly gradient: number;
}

export const CASES: readonly Case[] = [
  {
    model: 'rcan_x2',
    backbone: rcan,
    options: { groups: 2, blocks: 2, features: 16, reduction: 4, trainMeanShift: true },
    output: 1.2e-6,
    gradient: 4.4e-5,
  },
  {
    model: 'edsr_x2',
    backbone: edsr,
    options: { blocks: 2, features: 16, residualScale: 0.1 },
    output: 1.0e-6,
    gradient: 5.0e-5,
  },
  {
    model: 'swinir_ps_x2',
    size: '20x24',
    backbone: swinir,
    options: { depths: [2, 2], heads: [2, 2], features: 24, dropPath: 0 },
    output: 1.8e-5,
    gradient: 1.1e-4,
  },
];

/**
 * Holds every backbone against its reference implementation, computed by the engine.
 * @param gradients false for an engine on which they take minutes
 */
export function describeParity(plugin: EnginePlugin, gradients = true): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = plugin.create(optionsOf(plugin));
    await engine.start();
  });
  afterAll(() => engine.stop());

  describe.each(CASES)('$model', (parity) => {
    const golden = readGolden(parity.model, parity.size);
    const model = makeModel(parity.backbone, parity.options);
    const weights = importTorch(model.parameters.all, golden.weights, parity.model);

    test('computes what the reference does', async () => {
      const inference = await engine.inference({
        parameters: model.parameters,
        forward: (lr) => model.forward(lr, evaluationPass),
      });
      await inference.load(weights);
      const [batch, , height, width] = golden.input.shape as [number, number, number, number];
      const lr = toImages(golden.input);
      const values = lr.dataSync<'float32'>();
      const { sr } = await inference.predict(values, [batch, height, width, 3]);
      const expected = toImages(golden.output).dataSync();
      expect(largestDifference(sr, expected)).toBeLessThan(parity.output);
    });

    if (!gradients) return;
    test('has the gradients of the reference', () => {
      const errors = gradientsOf(model, weights, golden).map(([parameter, gradient]) => {
        return [parameter.name, relativeError(parameter, gradient, golden)] as const;
      });
      const compared = [...golden.gradients.keys()].filter((key) => !key.endsWith('.l2norm'));
      expect(errors).toHaveLength(compared.length);
      expect(errors.filter(([, error]) => !(error < parity.gradient))).toEqual([]);
    });
  });
}

/** [N, C, H, W] to [N, H, W, C] */
export function toImages({ shape, data }: SafeTensor): tf.Tensor4D {
  const images = tf.tensor4d(data, shape as [number, number, number, number]);
  return tf.transpose(images, [0, 2, 3, 1]);
}

/** The gradient of mean(|output - target|) for each trainable parameter, in tfjs layout. */
function gradientsOf(
  model: MultiTaskModel,
  weights: ReadonlyMap<string, Float32Array>,
  golden: Golden,
): (readonly [Described, Float32Array])[] {
  const { all, trainable } = model.parameters;
  for (const parameter of all) parameter.assign(weights.get(parameter.name) as Float32Array);
  const [lr, target] = [toImages(golden.input), toImages(golden.target)];
  const { grads } = tf.variableGrads(
    () => tf.mean(tf.abs(tf.sub(model.forward(lr, evaluationPass).sr, target))),
    trainable.map(({ variable }) => variable),
  );
  return trainable.map((parameter) => {
    const gradient = grads[parameter.variable.name] as tf.Tensor;
    return [parameter, gradient.dataSync<'float32'>()];
  });
}

type Described = Pick<Parameter, 'name' | 'shape' | 'layout'>;

/**
 * Largest difference, as a part of the largest gradient; large tensors by their kept part and norm.
 * @param values in tfjs layout
 */
export function relativeError(
  { name, shape, layout }: Described,
  values: Float32Array,
  { gradients }: Golden,
): number {
  const gradient = toTorchLayout(values, shape, layout).data;
  const whole = gradients.get(name)?.data;
  if (whole !== undefined) return partOfLargest(gradient, whole);
  const kept = (gradients.get(`${name}[0:16]`) as SafeTensor).data;
  const norm = (gradients.get(`${name}.l2norm`) as SafeTensor).data[0] as number;
  const found = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
  return Math.max(
    partOfLargest(gradient.subarray(0, kept.length), kept),
    Math.abs(found - norm) / norm,
  );
}

function partOfLargest(found: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return largestDifference(found, expected) / largest;
}

/** Infinite when a value is not a number or the lengths differ. */
function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs((found[i] as number) - (expected[i] as number));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

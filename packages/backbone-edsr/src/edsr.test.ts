import '@tensorflow/tfjs-backend-cpu';
import { evaluationPass, ParameterScope, tf, type ForwardPass } from '@mmsr/core';
import { edsr, EdsrConfig, type EdsrOptions } from './edsr.js';

const DEFAULTS = Object.fromEntries(
  Object.entries(EdsrConfig.properties).map(([key, schema]) => [
    key,
    (schema as { default?: unknown }).default,
  ]),
) as EdsrOptions;

const LARGE = { ...DEFAULTS, blocks: 32, features: 256, residualScale: 0.1 };
const SMALL = { ...DEFAULTS, blocks: 2, features: 8 };

function make(options: EdsrOptions, scale = 2) {
  const parameters = ParameterScope.root(7);
  return { parameters, backbone: edsr.create(options, { scale, parameters }) };
}

function run(options: EdsrOptions, scale = 2, pass: ForwardPass = evaluationPass) {
  return tf.tidy(() => {
    const { backbone } = make(options, scale);
    const lr = tf.reshape(tf.linspace(0, 1, 5 * 7 * 3), [1, 5, 7, 3]) as tf.Tensor4D;
    const sr = backbone.reconstruct(backbone.extract(lr, pass), pass);
    return { shape: sr.shape, values: [...sr.dataSync()] };
  });
}

/** Trainable scalars, and all with the mean shift. */
function counts({ parameters }: ReturnType<typeof make>) {
  return [parameters.count, parameters.all.reduce((sum, { size }) => sum + size, 0)];
}

beforeAll(() => tf.setBackend('cpu'));

// Counts of the reference implementation, without and with the mean shift.
test.each([
  ['baseline', 2, 1369859, 1369883],
  ['baseline', 3, 1554499, 1554523],
  ['baseline', 4, 1517571, 1517595],
  ['baseline', 8, 1665283, 1665307],
  ['large', 2, 40729603, 40729627],
  ['large', 3, 43680003, 43680027],
  ['large', 4, 43089923, 43089947],
  ['large', 8, 45450243, 45450267],
])('the %s model x%d has as many parameters as the reference', (size, scale, ...due) => {
  const options = size === 'large' ? LARGE : DEFAULTS;
  expect(counts(make(options, scale))).toEqual(due);
});

test('parameters have the published names', () => {
  const names = make(DEFAULTS, 4).parameters.all.map(({ name }) => name);
  expect(new Set(names.map((name) => name.replace(/\.(weight|bias)$/, '')))).toEqual(
    new Set([
      'sub_mean',
      'head.0',
      ...Array.from({ length: 16 }, (_, i) => [`body.${i}.body.0`, `body.${i}.body.2`]).flat(),
      'body.16',
      'tail.0.0',
      'tail.0.2',
      'tail.1',
      'add_mean',
    ]),
  );
  expect(names.length).toBe(2 * (1 + 1 + 16 * 2 + 1 + 3 + 1));
});

test('the mean shift takes away the mean colour and adds it back, in the range of the colours', () => {
  const { parameters } = make({ ...SMALL, rgbRange: 255 });
  const value = (name: string) => parameters.all.find((p) => p.name === name)?.initial;
  expect([...(value('sub_mean.weight') ?? [])]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect(value('sub_mean.bias')?.[0]).toBeCloseTo(-0.4488 * 255, 4);
  expect(value('add_mean.bias')?.[2]).toBeCloseTo(0.404 * 255, 4);
});

test.each([2, 3, 4, 8])('scale %d of an image of odd size', (scale) => {
  const { shape, values } = run(SMALL, scale);
  expect(shape).toEqual([1, 5 * scale, 7 * scale, 3]);
  expect(values.every(Number.isFinite)).toBe(true);
});

test('offers the shallow features and each block where it says', () => {
  const offered = new Map<string, tf.Tensor4D>();
  run(SMALL, 2, { ...evaluationPass, tap: (name, features) => offered.set(name, features) });
  const { taps } = make(SMALL).backbone;
  expect(taps).toEqual({ head: 8, 'block-1': 8, 'block-2': 8 });
  expect([...offered.keys()]).toEqual(Object.keys(taps ?? {}));
  for (const features of offered.values()) expect(features.shape).toEqual([1, 5, 7, 8]);
});

test.each([
  ['blocks', 3],
  ['features', 12],
  ['kernelPx', 5],
] as const)('the option %s changes the parameters', (key, value) => {
  const shapes = (options: EdsrOptions) =>
    make(options).parameters.all.map(({ name, shape }) => [name, shape]);
  expect(shapes({ ...SMALL, [key]: value })).not.toEqual(shapes(SMALL));
});

test('without its residual branches a model is that of the shallow features alone', () => {
  const featuresOf = (options: EdsrOptions) => {
    const features = new Map<string, number[]>();
    const tap = (name: string, x: tf.Tensor) => features.set(name, [...x.dataSync()]);
    run(options, 2, { ...evaluationPass, tap });
    return features;
  };
  const none = featuresOf({ ...SMALL, residualScale: 0 });
  expect(none.get('block-2')).toEqual(none.get('head'));
  // The first residual branch is linear in its factor.
  const [half, whole] = [0.5, 1].map((residualScale) => featuresOf({ ...SMALL, residualScale }));
  const residual = (taps: typeof half, i: number) =>
    (taps?.get('block-1')?.[i] ?? NaN) - (taps?.get('head')?.[i] ?? NaN);
  expect(Math.abs(residual(whole, 0))).toBeGreaterThan(0.001);
  expect(residual(half, 0)).toBeCloseTo(residual(whole, 0) / 2, 5);
});

test('the network computes with colours in 0..rgbRange, and gives them in 0..1', () => {
  const shallow = (rgbRange: EdsrOptions['rgbRange']) => {
    const { parameters, backbone } = make({ ...SMALL, rgbRange });
    parameters.all.find(({ name }) => name === 'head.0.bias')?.assign(new Float32Array(8));
    let features: number[] = [];
    const tap = (name: string, x: tf.Tensor) => {
      if (name === 'head') features = [...x.dataSync()];
    };
    backbone.extract(tf.ones([1, 3, 3, 3]), { ...evaluationPass, tap });
    return features;
  };
  const [one, large] = [shallow(1), shallow(255)];
  expect(one).toHaveLength(72);
  one.forEach((value, i) => expect(large[i]).toBeCloseTo(255 * value, 3));
  const output = run({ ...SMALL, rgbRange: 255 }).values;
  expect(output).not.toEqual(run(SMALL).values);
  expect(Math.max(...output.map(Math.abs))).toBeLessThan(3);
});

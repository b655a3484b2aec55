import '@tensorflow/tfjs-backend-cpu';
import { evaluationPass, ParameterScope, tf, type ForwardPass } from '@mmsr/core';
import { rcan, RcanConfig, type RcanOptions } from './rcan.js';

const DEFAULTS = Object.fromEntries(
  Object.entries(RcanConfig.properties).map(([key, schema]) => [
    key,
    (schema as { default?: unknown }).default,
  ]),
) as RcanOptions;

const SMALL = { ...DEFAULTS, groups: 2, blocks: 1, features: 8, reduction: 4 };

function make(options: RcanOptions, scale = 2) {
  const parameters = ParameterScope.root(7);
  return { parameters, backbone: rcan.create(options, { scale, parameters }) };
}

/** The output for one image, at its middle row. */
function run(options: RcanOptions, scale = 2, pass: ForwardPass = evaluationPass) {
  return tf.tidy(() => {
    const { backbone } = make(options, scale);
    const lr = tf.reshape(tf.linspace(0, 1, 5 * 7 * 3), [1, 5, 7, 3]) as tf.Tensor4D;
    const sr = backbone.reconstruct(backbone.extract(lr, pass), pass);
    return { shape: sr.shape, values: [...sr.dataSync()] };
  });
}

beforeAll(() => tf.setBackend('cpu'));

// Counts of the reference implementation, without and with the mean shift.
test.each([
  [2, 15444643, 15444667],
  [3, 15629283, 15629307],
  [4, 15592355, 15592379],
  [8, 15740067, 15740091],
])('the published model x%d has as many parameters as the reference', (scale, fixed, trained) => {
  expect(make(DEFAULTS, scale).parameters.count).toBe(fixed);
  expect(make({ ...DEFAULTS, trainMeanShift: true }, scale).parameters.count).toBe(trained);
});

test('parameters have the published names', () => {
  const names = make(DEFAULTS, 4).parameters.all.map(({ name }) => name);
  expect(new Set(names.map((name) => name.replace(/\.(weight|bias)$/, '')))).toEqual(
    new Set([
      'sub_mean',
      'head.0',
      ...Array.from({ length: 10 }, (_, group) => [
        ...Array.from({ length: 20 }, (_, block) =>
          ['0', '2', '3.conv_du.0', '3.conv_du.2'].map(
            (layer) => `body.${group}.body.${block}.body.${layer}`,
          ),
        ).flat(),
        `body.${group}.body.20`,
      ]).flat(),
      'body.10',
      'tail.0.0',
      'tail.0.2',
      'tail.1',
      'add_mean',
    ]),
  );
  expect(names.length).toBe(2 * (1 + 1 + 10 * (20 * 4 + 1) + 1 + 3 + 1));
});

test('the mean shift takes away the mean colour and adds it back, in the range of the colours', () => {
  const { parameters } = make({ ...SMALL, rgbRange: 255 });
  const value = (name: string) => parameters.all.find((p) => p.name === name)?.initial;
  expect([...(value('sub_mean.weight') ?? [])]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect(value('sub_mean.bias')?.[0]).toBeCloseTo(-0.4488 * 255, 4);
  expect(value('add_mean.bias')?.[2]).toBeCloseTo(0.404 * 255, 4);
  expect(parameters.trainable.some(({ name }) => name.includes('_mean'))).toBe(false);
});

test.each([2, 3, 4, 8])('scale %d of an image of odd size', (scale) => {
  const { shape, values } = run(SMALL, scale);
  expect(shape).toEqual([1, 5 * scale, 7 * scale, 3]);
  expect(values.every(Number.isFinite)).toBe(true);
});

test('offers the shallow features and each group where it says', () => {
  const offered = new Map<string, tf.Tensor4D>();
  run(SMALL, 2, { ...evaluationPass, tap: (name, features) => offered.set(name, features) });
  const { taps } = make(SMALL).backbone;
  expect(taps).toEqual({ head: 8, 'group-1': 8, 'group-2': 8 });
  expect([...offered.keys()]).toEqual(Object.keys(taps ?? {}));
  for (const features of offered.values()) expect(features.shape).toEqual([1, 5, 7, 8]);
});

test.each([
  ['groups', 3],
  ['blocks', 2],
  ['features', 12],
  ['reduction', 2],
  ['kernelPx', 5],
  ['trainMeanShift', true],
] as const)('the option %s changes the parameters', (key, value) => {
  const shapes = (options: RcanOptions) =>
    make(options).parameters.trainable.map(({ name, shape }) => [name, shape]);
  expect(shapes({ ...SMALL, [key]: value })).not.toEqual(shapes(SMALL));
});

test('the network computes with colours in 0..rgbRange, and gives them in 0..1', () => {
  const shallow = (rgbRange: RcanOptions['rgbRange']) => {
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

test('a reduction that does not divide the features is refused', () => {
  expect(() => make({ ...SMALL, reduction: 3 })).toThrow(
    expect.objectContaining({ code: 'E_BACKBONE', where: 'model.backbone.reduction' }) as Error,
  );
});

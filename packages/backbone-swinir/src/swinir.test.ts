import '@tensorflow/tfjs-backend-cpu';
import { evaluationPass, ParameterScope, tf, type ForwardPass } from '@mmsr/core';
import { SwinirConfig, type SwinirOptions } from './config.js';
import { swinir } from './swinir.js';

const DEFAULTS = Object.fromEntries(
  Object.entries(SwinirConfig.properties).map(([key, schema]) => [
    key,
    (schema as { default?: unknown }).default,
  ]),
) as SwinirOptions;

const SMALL: SwinirOptions = {
  ...DEFAULTS,
  depths: [2, 2],
  heads: [2, 2],
  features: 8,
  windowPx: 2,
  upsampler: 'pixelshuffledirect',
};

function make(options: SwinirOptions, scale = 2) {
  const parameters = ParameterScope.root(7);
  return { parameters, backbone: swinir.create(options, { scale, parameters }) };
}

type Size = readonly [height: number, width: number];

function forward({ backbone }: ReturnType<typeof make>, pass: ForwardPass, [h, w]: Size = [4, 6]) {
  return tf.tidy(() => {
    const size = h * w * 3;
    const lr = tf.reshape(tf.sin(tf.range(0, 2 * size)), [2, h, w, 3]) as tf.Tensor4D;
    const sr = backbone.reconstruct(backbone.extract(lr, pass), pass);
    return { shape: sr.shape, values: [...sr.dataSync()] };
  });
}

const evaluate = (options: SwinirOptions, scale = 2, size?: Size) =>
  forward(make(options, scale), evaluationPass, size);

/** A training pass whose random numbers are all `value`, and what was asked for. */
function constantPass(value: number) {
  const asked: { purpose: string; shape: number[] }[] = [];
  const pass: ForwardPass = {
    training: true,
    uniform: (purpose, shape) => {
      asked.push({ purpose, shape });
      return tf.fill(shape, value);
    },
    tap: () => undefined,
  };
  return { asked, pass };
}

beforeAll(() => tf.setBackend('cpu'));

const LIGHTWEIGHT: SwinirOptions = {
  ...DEFAULTS,
  depths: [6, 6, 6, 6],
  heads: [6, 6, 6, 6],
  features: 60,
  upsampler: 'pixelshuffledirect',
};

// Counts of the reference implementation.
test.each([
  ['pixelshuffle', 2, 11752487],
  ['pixelshuffle', 3, 11937127],
  ['pixelshuffle', 4, 11900199],
  ['pixelshuffle', 8, 12047911],
  ['pixelshuffledirect', 2, 910152],
  ['pixelshuffledirect', 3, 918267],
  ['pixelshuffledirect', 4, 929628],
  ['pixelshuffledirect', 8, 1007532],
  ['nearest+conv', 4, 11715559],
] as const)(
  'the published model with %s x%d has as many parameters as the reference',
  (name, scale, due) => {
    const options = name === 'pixelshuffledirect' ? LIGHTWEIGHT : { ...DEFAULTS, upsampler: name };
    expect(make(options, scale).parameters.count).toBe(due);
  },
);

test('parameters have the published names', () => {
  const names = new Set(
    make({ ...SMALL, residualConnection: '3conv', upsampler: 'nearest+conv' }, 4)
      .parameters.all.map(({ name }) => name.replace(/\.(weight|bias)$/, ''))
      .map((name) => name.replace(/^layers\.[01]\.(residual_group\.blocks\.[01]\.)?/, 'layer:')),
  );
  expect([...names].sort()).toEqual(
    [
      'conv_first',
      'patch_embed.norm',
      'layer:norm1',
      'layer:attn.relative_position_bias_table',
      'layer:attn.qkv',
      'layer:attn.proj',
      'layer:norm2',
      'layer:mlp.fc1',
      'layer:mlp.fc2',
      'layer:conv.0',
      'layer:conv.2',
      'layer:conv.4',
      'norm',
      'conv_after_body.0',
      'conv_after_body.2',
      'conv_after_body.4',
      'conv_before_upsample.0',
      'conv_up1',
      'conv_up2',
      'conv_hr',
      'conv_last',
    ].sort(),
  );
});

test('linear layers and bias tables start as timm starts them, normalisation as the identity', () => {
  const { parameters } = make(LIGHTWEIGHT);
  const initial = (name: string) =>
    [...(parameters.all.find((p) => p.name === name)?.initial ?? [])] as number[];
  const block = 'layers.0.residual_group.blocks.0.';
  for (const name of ['attn.qkv.weight', 'mlp.fc1.weight', 'attn.relative_position_bias_table']) {
    const values = initial(block + name);
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    expect(deviation).toBeGreaterThan(0.018);
    expect(deviation).toBeLessThan(0.022);
  }
  expect(new Set(initial(`${block}attn.qkv.bias`))).toEqual(new Set([0]));
  expect(new Set(initial(`${block}norm1.weight`))).toEqual(new Set([1]));
  expect(Math.max(...initial('conv_first.bias').map(Math.abs))).toBeGreaterThan(0.1);
});

test.each([2, 3, 4, 8])('scale %d with each upsampler', (scale) => {
  for (const upsampler of ['pixelshuffle', 'pixelshuffledirect', 'nearest+conv'] as const) {
    const { shape, values } = evaluate(
      { ...SMALL, depths: [1], heads: [2], upsampler },
      scale,
      [4, 4],
    );
    expect(shape).toEqual([2, 4 * scale, 4 * scale, 3]);
    expect(values.every(Number.isFinite)).toBe(true);
  }
});

test('offers each residual layer where it says', () => {
  const offered = new Map<string, tf.Tensor4D>();
  const tap = (name: string, features: tf.Tensor4D) => offered.set(name, features);
  forward(make(SMALL), { ...evaluationPass, tap });
  const { taps, sizeMultiple } = make(SMALL).backbone;
  expect(sizeMultiple).toBe(2);
  expect(taps).toEqual({ 'layer-1': 8, 'layer-2': 8 });
  expect([...offered.keys()]).toEqual(Object.keys(taps ?? {}));
  for (const features of offered.values()) expect(features.shape).toEqual([2, 4, 6, 8]);
});

test.each([
  ['depths', [2, 4]],
  ['features', 12],
  ['heads', [4, 2]],
  ['windowPx', 4],
  ['mlpRatio', 3],
  ['qkvBias', false],
  ['upsampler', 'pixelshuffle'],
  ['residualConnection', '3conv'],
  ['absolutePositionEmbeddingPx', 8],
  ['patchNorm', false],
] as const)('the option %s changes the parameters', (key, value) => {
  const shapes = (options: SwinirOptions) =>
    make(options).parameters.all.map(({ name, shape }) => [name, shape]);
  expect(shapes({ ...SMALL, [key]: value })).not.toEqual(shapes(SMALL));
});

test.each([
  ['qkScale', 3],
  ['absolutePositionEmbeddingPx', 8],
  ['patchNorm', false],
] as const)('the option %s changes the output', (key, value) => {
  expect(evaluate({ ...SMALL, [key]: value }).values).not.toEqual(evaluate(SMALL).values);
});

test('the network computes with colours less their mean in 0..rgbRange, and gives them in 0..1', () => {
  const compute = (rgbRange: SwinirOptions['rgbRange']) => {
    const { parameters, backbone } = make({ ...SMALL, rgbRange });
    const assign = (name: string, value: number) => {
      const parameter = parameters.all.find((each) => each.name === name);
      parameter?.assign(new Float32Array(parameter.size).fill(value));
    };
    // Only the shallow features are left of the body, and of the upsampler only its bias.
    for (const name of ['conv_first.bias', 'conv_after_body.weight', 'conv_after_body.bias']) {
      assign(name, 0);
    }
    assign('upsample.0.weight', 0);
    assign('upsample.0.bias', 51);
    const features = backbone.extract(tf.ones([1, 4, 4, 3]), evaluationPass);
    const sr = backbone.reconstruct(features, evaluationPass);
    return { features: [...features.dataSync()], sr: [...sr.dataSync()] };
  };
  const [one, large] = [compute(1), compute(255)];
  expect(one.features).toHaveLength(128);
  one.features.forEach((value, i) => expect(large.features[i]).toBeCloseTo(255 * value, 3));
  [51.4488, 51.4371, 51.404].forEach((value, i) => expect(one.sr[i]).toBeCloseTo(value, 4));
  [0.6488, 0.6371, 0.604].forEach((value, i) => expect(large.sr[i]).toBeCloseTo(value, 4));
});

test('the scores are divided by the root of the width of a head unless qkScale is given', () => {
  const given = evaluate({ ...SMALL, qkScale: 1 / Math.sqrt(4) }).values;
  expect(given).toEqual(evaluate(SMALL).values);
});

test('every other block moves its windows: pixels of neighbouring windows then meet', () => {
  /** Whether the pixel at the top left changes what the body makes of a pixel of the next window. */
  const reaches = (depth: number) => {
    const { backbone } = make({ ...SMALL, depths: [depth], heads: [2], windowPx: 4 });
    const at = (value: number) =>
      tf.tidy(() => {
        const lr = tf.buffer([1, 8, 8, 3]);
        lr.set(value, 0, 2, 2, 0);
        let layer: number[] = [];
        // conv_first reaches one pixel: 1..3, still in the first window of 0..3.
        const tap = (_: string, x: tf.Tensor) => {
          layer = [...tf.slice(x, [0, 5, 5, 0], [1, 1, 1, 8]).dataSync()];
        };
        backbone.extract(lr.toTensor() as tf.Tensor4D, { ...evaluationPass, tap });
        return layer;
      });
    return at(0).some((value, i) => value !== at(9)[i]);
  };
  // Without a shift, the residual layer's convolution alone sees no farther than pixel 4.
  expect(reaches(1)).toBe(false);
  expect(reaches(2)).toBe(true);
});

test('drop path rises linearly over the blocks, from 0', () => {
  const { asked, pass } = constantPass(0.5);
  forward(make({ ...SMALL, dropPath: 0.3 }), pass);
  const paths = (block: string) =>
    [1, 2].map((i) => `layers.${block[0]}.residual_group.blocks.${block[2]}.drop_path${i}`);
  expect(asked.map(({ purpose }) => purpose)).toEqual(['0.1', '1.0', '1.1'].flatMap(paths));
  for (const { shape } of asked) expect(shape).toEqual([2, 1, 1, 1]);
});

test.each([
  ['layers.0.residual_group.blocks.1', 0.1],
  ['layers.1.residual_group.blocks.0', 0.2],
  ['layers.1.residual_group.blocks.1', 0.3],
])('of the rate 0.3, the block %s is dropped where less than %d is drawn', (block, rate) => {
  const model = make({ ...SMALL, dropPath: 0.3 });
  const bias = model.parameters.all.find(({ name }) => name === `${block}.mlp.fc2.bias`);
  const matters = (draw: number) => {
    const [without, withBias] = [0, 1].map((value) => {
      bias?.assign(new Float32Array(8).fill(value));
      return forward(model, constantPass(draw).pass, [4, 4]).values;
    });
    return withBias?.some((value, i) => value !== without?.[i]);
  };
  expect(matters(rate - 0.01)).toBe(false);
  expect(matters(rate + 0.01)).toBe(true);
});

test('dropout acts on embeddings, attention weights, projections and MLPs, in training alone', () => {
  const options = { ...SMALL, depths: [1], heads: [2], dropPath: 0 };
  const purposes = (more: Partial<SwinirOptions>) => {
    const { asked, pass } = constantPass(0.5);
    forward(make({ ...options, ...more }), pass);
    return asked.map(({ purpose }) => purpose);
  };
  const block = 'layers.0.residual_group.blocks.0';
  expect(purposes({})).toEqual([]);
  expect(purposes({ attentionDropout: 0.1 })).toEqual([`${block}.attn.attn_drop`]);
  expect(purposes({ dropout: 0.1 })).toEqual([
    'pos_drop',
    `${block}.attn.proj_drop`,
    `${block}.mlp.drop1`,
    `${block}.mlp.drop2`,
  ]);
  const dropping = make({ ...options, dropout: 0.1, attentionDropout: 0.1, dropPath: 0.1 });
  expect(forward(dropping, evaluationPass).values).toEqual(evaluate(options).values);
  expect(forward(dropping, constantPass(0.05).pass).values).not.toEqual(evaluate(options).values);
});

test.each([
  ['heads', { depths: [2, 2], heads: [2] }, '2 depths and 1 heads'],
  ['heads', { heads: [2, 3] }, '3 heads do not divide 8 features'],
  ['mlpRatio', { mlpRatio: 0.1 }, '0.1 of 8 features is none'],
  ['features', { features: 2, residualConnection: '3conv' as const }, 'a quarter of 2'],
])('options that do not fit together are refused: %s', (key, options, message) => {
  expect(() => make({ ...SMALL, ...options })).toThrow(
    expect.objectContaining({
      code: 'E_BACKBONE',
      where: `model.backbone.${key}`,
      message: expect.stringContaining(message) as string,
    }) as Error,
  );
});

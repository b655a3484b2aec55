import {
  MmsrError,
  PluginRegistry,
  tf,
  trainingPass,
  type BackbonePlugin,
  type Engine,
  type ForwardPass,
  type MultiTaskModel,
} from '@mmsr/core';
import { wasmEngine } from '@mmsr/engine-wasm';
import { pooledLinear } from '@mmsr/heads';
import { createContainer } from 'mmsr-run';
import { makeModel, optionsOf } from './models.js';

/** Options that make each backbone small; a new backbone is added here. */
const SMALL: Readonly<Record<string, object>> = {
  rcan: { groups: 2, blocks: 1, features: 16, reduction: 4, trainMeanShift: true },
  edsr: { blocks: 2, features: 16 },
  swinir: {
    depths: [2, 2],
    heads: [2, 2],
    features: 12,
    windowPx: 4,
    upsampler: 'pixelshuffledirect',
  },
};

const registered = new PluginRegistry(createContainer()).list('backbone');

const [HEIGHT, WIDTH] = [9, 6];

function images(scale = 1): tf.Tensor4D {
  return tf.randomUniform([2, HEIGHT * scale, WIDTH * scale, 3], 0, 1, 'float32', scale);
}

function forward(model: MultiTaskModel): { sr: tf.Tensor4D; logits: tf.Tensor2D } {
  return tf.tidy(() => {
    const { sr, logits } = model.forward(images(), trainingPass(1, 1, 0));
    return { sr, logits: logits as tf.Tensor2D };
  });
}

/** The gradients of what a training step minimises, by parameter name. */
function gradientsOf(model: MultiTaskModel, pass: ForwardPass): Map<string, Float32Array> {
  const parameters = model.parameters.trainable;
  const { grads } = tf.variableGrads(
    () => {
      const { sr, logits } = model.forward(images(), pass);
      const labels = tf.oneHot(tf.tensor1d([0, 2], 'int32'), 3);
      const classes = tf.neg(tf.mean(tf.mul(tf.logSoftmax(logits as tf.Tensor2D), labels)));
      return tf.add<tf.Scalar>(tf.mean(tf.abs(tf.sub(sr, images(2)))), classes);
    },
    parameters.map(({ variable }) => variable),
  );
  return new Map(
    parameters.map(({ name, variable }) => [
      name,
      (grads[variable.name] as tf.Tensor).dataSync<'float32'>(),
    ]),
  );
}

let engine: Engine;
beforeAll(async () => {
  engine = wasmEngine.create(optionsOf(wasmEngine));
  await engine.start();
});
afterAll(() => engine.stop());

test('every registered backbone is swept here', () => {
  expect(registered.map(({ name }) => name).sort()).toEqual(Object.keys(SMALL).sort());
});

describe.each(registered.map((plugin) => [plugin.name, plugin] as const))('%s', (name, plugin) => {
  const make = (options: { scale?: number; attach?: string } = {}) =>
    makeModel(plugin, SMALL[name] ?? {}, { ...options, head: pooledLinear });

  test.each([2, 3, 4, 8])('scale %d: images of any size, and logits', (scale) => {
    const model = make({ scale });
    const { sr, logits } = forward(model);
    expect(sr.shape).toEqual([2, HEIGHT * scale, WIDTH * scale, 3]);
    expect(logits?.shape).toEqual([2, 3]);
    expect(sr.dataSync().every(Number.isFinite)).toBe(true);
    expect(new Set(logits?.dataSync()).size).toBe(6);
    model.parameters.dispose();
  });

  test('every trainable parameter has a gradient that is finite and not zero', () => {
    const gradients = gradientsOf(make(), trainingPass(1, 1, 0));
    const dead = [...gradients].filter(([, gradient]) => gradient.every((value) => value === 0));
    const broken = [...gradients].filter(([, gradient]) => !gradient.every(Number.isFinite));
    expect(dead.map(([parameter]) => parameter)).toEqual([]);
    expect(broken.map(([parameter]) => parameter)).toEqual([]);
  });

  test('a head attached to a tap shapes what comes before it alone', () => {
    for (const attach of tapsOf(plugin)) {
      const model = make({ attach });
      const parameters = model.parameters.trainable;
      const { grads } = tf.variableGrads(
        () => tf.sum(forward(model).logits),
        parameters.map(({ variable }) => variable),
      );
      const names = parameters
        .filter(({ variable }) => Object.hasOwn(grads, variable.name))
        .map((parameter) => parameter.name);
      expect(names).toContain('magnificationHead.linear.weight');
      expect(names.some((parameter) => !parameter.startsWith('magnificationHead'))).toBe(true);
      expect(names.length).toBeLessThan(parameters.length);
      model.parameters.dispose();
    }
  });

  test('an unknown tap is an error that lists the known ones', () => {
    expect(() => make({ attach: 'nowhere' })).toThrow(MmsrError);
    try {
      make({ attach: 'nowhere' });
    } catch (error) {
      for (const tap of tapsOf(plugin)) expect((error as MmsrError).advice).toContain(tap);
    }
  });

  test('the same seed gives the same network, whatever was made before', () => {
    const values = () => {
      const model = make();
      const { sr } = forward(model);
      return sr.dataSync();
    };
    expect(values()).toEqual(values());
  });
});

function tapsOf(plugin: BackbonePlugin): string[] {
  const taps: string[] = [];
  const tap = (name: string) => taps.push(name);
  const model = makeModel(plugin, SMALL[plugin.name] ?? {});
  tf.tidy(() => model.forward(images(), { ...trainingPass(1, 1, 0), tap }).sr);
  return taps;
}

import '@tensorflow/tfjs-backend-cpu';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { Type } from 'typebox';
import { defineBackbone, defineHead } from '../plugins/define.js';
import { evaluationPass } from '../training/training-pass.js';
import * as tf from '../tf.js';
import { conv2d, linear, pixelShuffle } from './layers.js';
import { MultiTaskModel } from './multi-task-model.js';
import { reflectToMultiple } from './reflect.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seen: number[][] = [];
const tiny = defineBackbone({
  name: 'tiny',
  apiVersion: 1,
  configSchema: Type.Object({}),
  create: (_, { scale, parameters }) => {
    const first = conv2d(parameters.scope('first'), 3, 4, 3);
    const last = conv2d(parameters.scope('last'), 4, 3 * scale * scale, 3);
    return {
      featureChannels: 4,
      sizeMultiple: 4,
      taps: { input: 3 },
      extract: (lr, pass) => {
        seen.push(lr.shape);
        pass.tap('input', lr);
        return first(lr);
      },
      reconstruct: (features) => pixelShuffle(last(features), scale),
    };
  },
});

const meanHead = defineHead({
  name: 'mean',
  apiVersion: 1,
  configSchema: Type.Object({}),
  create: (_, { channels, classes, parameters }) => {
    const layer = linear(parameters, channels, classes);
    return { logits: (features) => layer(tf.mean(features, [1, 2])) };
  },
});

function create(attach: string | undefined, backbone = tiny) {
  return MultiTaskModel.create({
    seed: 1,
    scale: 2,
    classes: 3,
    backbone: { plugin: backbone, options: {} },
    head: { plugin: meanHead, options: {}, attach },
  });
}

test('an image of any size is reflected to the multiple, and SR cropped', () => {
  const { sr, logits } = create(undefined).forward(
    tf.ones([2, 5, 6, 3]) as Tensor4D,
    evaluationPass,
  );
  expect(seen.at(-1)).toEqual([2, 8, 8, 3]);
  expect(sr.shape).toEqual([2, 10, 12, 3]);
  expect(logits?.shape).toEqual([2, 3]);
});

test('parameters of the backbone keep their names, those of the head have a scope', () => {
  expect(create(undefined).parameters.all.map(({ name }) => name)).toEqual([
    'first.weight',
    'first.bias',
    'last.weight',
    'last.bias',
    'magnificationHead.weight',
    'magnificationHead.bias',
  ]);
});

test('the head attaches to a tap', () => {
  const model = create('input');
  const weight = model.parameters.all.find(({ name }) => name === 'magnificationHead.weight');
  expect(weight?.shape).toEqual([3, 3]);
  const { logits } = model.forward(tf.zeros([1, 4, 4, 3]) as Tensor4D, evaluationPass);
  const bias = model.parameters.all.find(({ name }) => name === 'magnificationHead.bias');
  expect([...(logits?.dataSync() ?? [])]).toEqual([...(bias?.initial ?? [])]);
});

test('an unknown tap is an error that lists the taps', () => {
  expect(() => create('output')).toThrow('no tap "output"');
  try {
    create('output');
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_BACKBONE', advice: 'It has input.' });
  }
});

test('a backbone that makes another size is named', () => {
  const wrong = {
    ...tiny,
    create: (...args: Parameters<typeof tiny.create>) => ({
      ...tiny.create(...args),
      reconstruct: (features: Tensor4D) => features,
    }),
  };
  const forward = () =>
    create(undefined, wrong).forward(tf.ones([1, 4, 4, 3]) as Tensor4D, evaluationPass);
  expect(forward).toThrow('made [1, 4, 4, 4] where [1, 8, 8, 3] was due');
});

test('reflection does not repeat the edge, and goes back and forth in small images', () => {
  const x = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
  expect([...tf.slice(reflectToMultiple(x, 8), [0, 0, 0, 0], [1, 1, 8, 1]).dataSync()]).toEqual([
    1, 2, 3, 2, 1, 2, 3, 2,
  ]);
  expect(reflectToMultiple(x, 1)).toBe(x);
});

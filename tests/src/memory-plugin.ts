import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeExperiment } from './experiments.js';

/** A loss that, where HUNGRY is set, asks for 4 TB once it has seen two batches, and a backbone that asks in evaluation. */
const PLUGINS = `
import { conv2d, pixelShuffle, defineBackbone, defineSuperResolutionLoss, tf, Type } from '@mmsr/core';
const hungry = process.env.HUNGRY;
const devour = (value) => {
  const column = tf.add(tf.zeros([1000000, 1]), tf.mean(value));
  return tf.mean(tf.matMul(column, column, false, true));
};
let steps = 0;
export default [
  defineSuperResolutionLoss({ name: 'hungry', apiVersion: 1, configSchema: Type.Object({}),
    create: () => (sr, hr) => {
      const loss = tf.mean(tf.abs(tf.sub(sr, hr)));
      return hungry === 'step' && ++steps > 2 ? tf.add(loss, devour(sr)) : loss;
    } }),
  defineBackbone({ name: 'hungry', apiVersion: 1, configSchema: Type.Object({}),
    create: (_, { scale, parameters }) => {
      const only = conv2d(parameters.scope('only'), 3, 3 * scale * scale, 3);
      return { featureChannels: 3, sizeMultiple: 1, extract: (lr) => lr, reconstruct: (lr) => {
        const sr = pixelShuffle(only(lr), scale);
        // Test images are larger than training patches.
        return hungry === 'image' && lr.shape[1] > 8 ? tf.add(sr, devour(sr)) : sr;
      } };
    } }),
];
`;

/** An experiment of six steps, with a checkpoint after every second one, that can be made to ask for too much. */
export async function writeHungryExperiment(folder: string, engine: string): Promise<string> {
  await writeFile(join(folder, 'hungry.mjs'), PLUGINS);
  return writeExperiment(folder, [
    ['name: tiny', 'name: tiny\nplugins: [./hungry.mjs]'],
    ['{name: edsr, blocks: 1, features: 8}', '{name: hungry}'],
    ['optimizer:', 'objective: {superResolution: {name: hungry}}\noptimizer:'],
    ['engine: wasm', `engine: ${engine}`],
  ]);
}

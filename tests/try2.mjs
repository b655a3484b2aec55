import '@tensorflow/tfjs-backend-cpu';
import { tf, MultiTaskModel, evaluationPass } from '@mmsr/core';
import rcan from '@mmsr/backbone-rcan';
import edsr from '@mmsr/backbone-edsr';
import swinir from '@mmsr/backbone-swinir';
import heads from '@mmsr/heads';
await tf.setBackend('cpu');
const def = (p) =>
  Object.fromEntries(Object.entries(p.configSchema.properties).map(([k, v]) => [k, v.default]));
const lr = tf.add(0.5, tf.mul(0.4, tf.randomUniform([4, 16, 16, 3], 0, 1, 'float32', 3)));
for (const [plugin, o] of [
  [rcan, { groups: 3, blocks: 4, rgbRange: 1 }],
  [rcan, { groups: 3, blocks: 4, rgbRange: 255 }],
  [edsr, { blocks: 8, rgbRange: 1 }],
  [edsr, { blocks: 8, rgbRange: 255 }],
  [swinir, { depths: [2, 2], heads: [6, 6], features: 60 }],
])
  for (const seed of [1, 2]) {
    const m = MultiTaskModel.create({
      seed,
      scale: 2,
      classes: 3,
      backbone: { plugin, options: { ...def(plugin), ...o } },
      head: { plugin: heads[0], options: { dropout: 0 }, attach: undefined },
    });
    const { sr, logits } = m.forward(lr, evaluationPass);
    const ce = (y) => tf.mean(tf.neg(tf.mean(tf.logSoftmax(y), 1))).dataSync()[0];
    console.log(
      plugin.name,
      o.rgbRange,
      'logits std',
      tf.moments(logits).variance.sqrt().dataSync()[0].toFixed(3),
      'ce',
      ce(logits).toFixed(3),
      'L1 of sr',
      tf
        .mean(tf.abs(tf.sub(sr, 0.7)))
        .dataSync()[0]
        .toFixed(3),
    );
  }

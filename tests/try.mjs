import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import {
  tf,
  ParameterScope,
  MultiTaskModel,
  readSafetensors,
  importTorch,
  toTorchLayout,
  evaluationPass,
} from '@mmsr/core';
import rcan from '@mmsr/backbone-rcan';
import edsr from '@mmsr/backbone-edsr';
import swinir from '@mmsr/backbone-swinir';
await tf.setBackend('cpu');
const read = (n) => readSafetensors(readFileSync(`tests/golden/${n}.safetensors`), n).tensors;
const def = (p) =>
  Object.fromEntries(Object.entries(p.configSchema.properties).map(([k, v]) => [k, v.default]));
const nhwc = ({ shape: [n, c, h, w], data }) =>
  tf.transpose(tf.tensor4d(data, [n, c, h, w]), [0, 2, 3, 1]);
const nchw = (t) => tf.transpose(t, [0, 3, 1, 2]).dataSync();
for (const [name, plugin, o, io] of [
  [
    'rcan_x2',
    rcan,
    { groups: 2, blocks: 2, features: 16, reduction: 4, rgbRange: 1, trainMeanShift: true },
    'rcan_x2',
  ],
  ['edsr_x2', edsr, { blocks: 2, features: 16, residualScale: 0.1, rgbRange: 1 }, 'edsr_x2'],
  [
    'swinir_ps_x2',
    swinir,
    { depths: [2, 2], features: 24, heads: [2, 2], dropPath: 0 },
    'swinir_ps_x2.20x24',
  ],
]) {
  const m = MultiTaskModel.create({
    seed: 1,
    scale: 2,
    classes: 3,
    backbone: { plugin, options: { ...def(plugin), ...o } },
    head: undefined,
  });
  const w = importTorch(m.parameters.all, read(name), name);
  for (const p of m.parameters.all) p.assign(w.get(p.name));
  const t = read(io + '.io'),
    g = read(io + '.grad');
  const lr = nhwc(t.get('input')),
    target = nhwc(t.get('target'));
  const out = nchw(m.forward(lr, evaluationPass).sr);
  let e = 0;
  out.forEach((v, i) => (e = Math.max(e, Math.abs(v - t.get('output').data[i]))));
  const T = m.parameters.trainable;
  const { value, grads } = tf.variableGrads(
    () => tf.mean(tf.abs(tf.sub(m.forward(lr, evaluationPass).sr, target))),
    T.map((p) => p.variable),
  );
  let worst = [0, ''];
  let n = 0;
  for (const p of T) {
    const got = toTorchLayout(grads[p.variable.name].dataSync(), p.shape, p.layout);
    let want = g.get(p.name),
      d = got.data;
    if (!want) {
      want = g.get(p.name + '[0:16]');
      d = d.slice(0, want.data.length);
    }
    let max = 0,
      diff = 0;
    d.forEach((v, i) => {
      max = Math.max(max, Math.abs(want.data[i]));
      diff = Math.max(diff, Math.abs(v - want.data[i]));
    });
    n++;
    if (diff / max > worst[0]) worst = [diff / max, p.name];
  }
  console.log(
    name,
    m.parameters.count,
    'out',
    e,
    'loss',
    value.dataSync()[0],
    'grad',
    worst,
    n,
    g.size,
  );
}

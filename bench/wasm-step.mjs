// One measurement for wasm.mjs: prints the GFLOP/s of a training step.
//
//   node bench/wasm-step.mjs tfjs|ours THREADS
import '@tensorflow/tfjs-backend-wasm';
import { conv2d, ParameterScope, randomStream, tf } from '@mmsr/core';
import { wasmEngine } from '@mmsr/engine-wasm';

const CHANNELS = 64;
const [kernels, threads] = process.argv.slice(2);
// tfjs's own kernels would take minutes for a step of the whole; a part of it shows their speed.
const part = { layers: 1, sidePx: 16, count: 1, runs: 1 };
const whole = { layers: 8, sidePx: 48, count: 4, runs: 8 };
const { layers: depth, sidePx, count, runs } = kernels === 'tfjs' ? part : whole;
// Forward, gradient by input and by weights; besides the layers there is one from and one to 3 channels.
const PER_PIXEL = 3 * 2 * 9 * (depth * CHANNELS + 2 * 3) * CHANNELS;
const OPERATIONS = PER_PIXEL * sidePx * sidePx * count;

const shipped = tf.getKernelsForBackend('wasm');
const engine = wasmEngine.create({ threads: Number(threads) });
await engine.start();
if (kernels === 'tfjs') useShippedKernels();

/** Puts tfjs's kernels back, and its cpu backend's where it has none. */
function useShippedKernels() {
  for (const kernel of shipped) {
    tf.unregisterKernel(kernel.kernelName, 'wasm');
    tf.registerKernel(kernel);
  }
  const name = 'Conv2DBackpropFilter';
  const { kernelFunc } = tf.getKernel(name, 'cpu');
  const cpu = tf.engine().findBackend('cpu');
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const onCpu = Object.entries(inputs).map(([key, { shape, dtype, dataId }]) => {
        return [key, cpu.makeTensorInfo(shape, dtype, Float32Array.from(backend.readSync(dataId)))];
      });
      const made = kernelFunc({ inputs: Object.fromEntries(onCpu), attrs, backend: cpu });
      const values = cpu.readSync(made.dataId);
      for (const info of [made, ...onCpu.map(([, input]) => input)]) cpu.disposeData(info.dataId);
      const output = backend.makeOutput(made.shape, made.dtype);
      backend.typedArrayFromHeap(output).set(values);
      return output;
    },
  });
}

const parameters = ParameterScope.root(1);
const channels = [3, ...Array(depth + 1).fill(CHANNELS), 3];
const layers = channels.slice(1).map((to, i) => conv2d(parameters.scope(i), channels[i], to, 3));
const step = await engine.trainStep({
  parameters,
  loss: ({ lr, hr }) => ({
    total: tf.mean(tf.square(tf.sub(layers.reduce((x, layer) => layer(x), lr), hr))),
    terms: {},
  }),
  optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupledWeightDecay: false },
  learningRate: () => 1e-4,
  clipNorm: null,
  ema: null,
  seed: 1,
});
const random = randomStream(1, 'bench');
const pixels = Float32Array.from({ length: count * sidePx * sidePx * 3 }, () => random.uniform());
const magnification = new Int32Array(count);
const batch = { count, lr: pixels, hr: pixels, magnification, lrPx: sidePx, hrPx: sidePx };

await step.run([batch]);
const times = [];
for (let run = 0; run < runs; run++) {
  const beganMs = performance.now();
  await step.run([batch]);
  times.push(performance.now() - beganMs);
}
step.dispose();
await engine.stop();
console.log(OPERATIONS / (times.sort((a, b) => a - b)[Math.floor(times.length / 2)] * 1e6));

/*
 * How fast a training step of convolutions is on tfjs's WebAssembly backend as it is shipped and with
 * mmsr's engine. Each variant is a process of its own; they take turns, step by step, so that what else
 * the machine does falls on all alike.
 *
 *     node bench/wasm.mjs [ROUNDS]     prints the table and writes bench/RESULTS-wasm.md
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { tf } from '@mmsr/core';
import { describeMachine, formatMarkdown, median } from './machine.mjs';

const LAYERS = 8;
const CHANNELS = 64;
const SIDE_PX = 48;
const BATCH = 4;
const KERNEL_PX = 3;
/** Forward and the weights' gradient of every layer, and the input's gradient of all but the first. */
const FLOP = (3 * LAYERS - 1) * 2 * BATCH * SIDE_PX ** 2 * CHANNELS ** 2 * KERNEL_PX ** 2;

const THREADS = availableParallelism();
const VARIANTS = {
  shipped: 'tfjs as shipped, weight gradient by one transposed matMul per tap',
  composed: 'tfjs as shipped, gradients composed of its convolutions',
  'mmsr 1': 'mmsr engine, 1 thread',
  ...(THREADS > 1 && { [`mmsr ${THREADS}`]: `mmsr engine, ${THREADS} threads` }),
};

/** A convolution with gradients of its own; that of the first layer's input is not computed. */
function withGradients(inputGradient, weightGradient) {
  return (x, w, layer) =>
    tf.customGrad((x, w, save) => {
      save([x, w]);
      const gradFunc = (dy, [x, w]) => [
        layer === 0 ? tf.zerosLike(x) : inputGradient(dy, w, x.shape),
        weightGradient(x, dy, w.shape),
      ];
      return { value: tf.conv2d(x, w, 1, 'same'), gradFunc };
    })(x, w);
}

/** tfjs's own kernel for dx; for dw, which it lacks, x^T dy for each tap. */
const shippedConvolution = withGradients(
  (dy, w, shape) => tf.conv2dTranspose(dy, w, shape, 1, 'same'),
  (x, dy, shape) => {
    const products = taps(x).map((rows) => tf.matMul(rows, flat(dy), true));
    return tf.reshape(tf.stack(products), shape);
  },
);

function flat(x) {
  return tf.reshape(x, [-1, x.shape[3]]);
}

function padded(x) {
  const margin = [(KERNEL_PX - 1) / 2, (KERNEL_PX - 1) / 2];
  return tf.pad(x, [[0, 0], margin, margin, [0, 0]]);
}

/** For each tap the pixels that it meets, as rows. */
function taps(x) {
  const image = padded(x);
  return Array.from({ length: KERNEL_PX ** 2 }, (_, tap) => {
    const [row, column] = [Math.floor(tap / KERNEL_PX), tap % KERNEL_PX];
    return flat(tf.slice(image, [0, row, column, 0], x.shape));
  });
}

/** dx: convolution with the turned filter; dw: convolution of the image with dy, batch as channels. */
const composedConvolution = withGradients(
  (dy, w) => tf.conv2d(dy, tf.transpose(tf.reverse(w, [0, 1]), [0, 1, 3, 2]), 1, 'same'),
  (x, dy) => {
    const image = tf.transpose(padded(x), [3, 1, 2, 0]);
    const filter = tf.transpose(dy, [1, 2, 0, 3]);
    return tf.transpose(tf.conv2d(image, filter, 1, 'valid'), [1, 2, 0, 3]);
  },
);

/** Starts the variant's backend and gives its convolution. */
async function startVariant(variant) {
  if (variant.startsWith('mmsr')) {
    const { wasmEngine } = await import('@mmsr/engine-wasm');
    await wasmEngine.create({ threads: Number(variant.split(' ')[1]) }).start();
    return (x, w) => tf.conv2d(x, w, 1, 'same');
  }
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  return variant === 'shipped' ? shippedConvolution : composedConvolution;
}

/** Numbers that every variant makes alike. */
function numbers(count, scale) {
  return Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * i * 0.7 + i));
}

/** The variant's process: does a step whenever it is asked to. */
async function serve(variant) {
  const convolve = await startVariant(variant);
  const shape = [BATCH, SIDE_PX, SIDE_PX, CHANNELS];
  const x = tf.tensor(numbers(tf.util.sizeFromShape(shape), 1), shape);
  const filter = [KERNEL_PX, KERNEL_PX, CHANNELS, CHANNELS];
  const size = tf.util.sizeFromShape(filter);
  const weights = Array.from({ length: LAYERS }, () =>
    tf.variable(tf.tensor(numbers(size, 1.4 / Math.sqrt(size / CHANNELS)), filter)),
  );
  const step = () => {
    const start = performance.now();
    const { value, grads } = tf.variableGrads(() =>
      tf.mean(tf.square(weights.reduce((y, weight, layer) => convolve(y, weight, layer), x))),
    );
    const loss = value.dataSync()[0];
    const first = grads[weights[0].name].dataSync();
    const ms = performance.now() - start;
    tf.dispose([value, grads]);
    return { ms, loss, gradientNorm: Math.hypot(...first.subarray(0, 1000)) };
  };
  process.on('message', () => process.send(step()));
  process.send('ready');
}

function nextMessage(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a variant ended with code ${code}`)));
  });
}

async function measure(rounds) {
  const runs = Object.keys(VARIANTS).map((variant) => ({
    variant,
    child: fork(fileURLToPath(import.meta.url), ['--variant', variant]),
    steps: [],
  }));
  await Promise.all(runs.map(({ child }) => nextMessage(child)));
  const WARM_UP = 2;
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { child, steps } of runs) {
      child.send('step');
      const step = await nextMessage(child);
      if (round >= 0) steps.push(step);
    }
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  for (const { child } of runs) {
    child.removeAllListeners('exit');
    child.kill();
  }
  return runs;
}

/**
 * Refuses to compare what does not compute the same. The tolerance is for the loss: tfjs adds its half a
 * million squares one after the other and loses digits.
 */
function assertAgreement(runs) {
  for (const key of ['loss', 'gradientNorm']) {
    const values = runs.map(({ steps }) => steps[0][key]);
    const spread = (Math.max(...values) - Math.min(...values)) / Math.abs(values[0]);
    if (!(spread < 1e-3)) throw new Error(`the variants differ in ${key}: ${values.join(', ')}`);
  }
}

function table(runs) {
  const gflops = (ms) => (FLOP / ms / 1e6).toFixed(1);
  const times = (run) => run.steps.map(({ ms }) => ms);
  const ratio = (run) =>
    median(run.steps.map(({ ms }, round) => runs[0].steps[round].ms / ms)).toFixed(1);
  const rows = runs.map((run) => {
    const ms = median(times(run));
    const best = Math.min(...times(run));
    return [VARIANTS[run.variant], ms.toFixed(0), gflops(ms), gflops(best), `${ratio(run)}x`];
  });
  const header = ['variant', 'ms per step', 'GFLOP/s', 'GFLOP/s, best step', 'speed'];
  return formatMarkdown(header, rows);
}

function report(runs, rounds) {
  const machine = describeMachine(['@tensorflow/tfjs-backend-wasm', '@mmsr/engine-wasm']);
  return `# WebAssembly: a training step of convolutions

${LAYERS} convolutions ${KERNEL_PX}x${KERNEL_PX} of ${CHANNELS} channels on ${BATCH} images of ${SIDE_PX}x${SIDE_PX}: output, all gradients, ${(FLOP / 1e9).toFixed(1)} GFLOP. Medians of ${rounds} rounds in which the variants take turns; the speed is the median of each round's ratio to the first row. The variants' losses and gradients agree to 0.1 %.

${table(runs)}

${machine}. Made by \`node bench/wasm.mjs\`.
`;
}

if (process.argv[2] === '--variant') {
  await serve(process.argv[3]);
} else {
  const rounds = Number(process.argv[2] ?? 15);
  const runs = await measure(rounds);
  assertAgreement(runs);
  const text = report(runs, rounds);
  writeFileSync(new URL('./RESULTS-wasm.md', import.meta.url), text);
  process.stdout.write(text);
}

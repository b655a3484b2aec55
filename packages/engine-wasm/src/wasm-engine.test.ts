import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ParameterScope, tf, torchDefault, type TrainStepDefinition } from '@mmsr/core';
import { numbers } from './testing/compare.js';
import { wasmEngine } from './wasm-engine.js';

const LR_PX = 12;
const BATCH = 3;

/** Two convolutions with a ReLU and matrix products between them. */
function definition(): TrainStepDefinition {
  const parameters = ParameterScope.root(3);
  const conv = (name: string, shape: number[]) =>
    parameters.parameter(name, shape, torchDefault(9 * (shape[2] as number)), { layout: 'conv2d' });
  const first = conv('first', [3, 3, 3, 20]);
  const mix = parameters.parameter('mix', [20, 20], torchDefault(20));
  const last = conv('last', [3, 3, 20, 3]);
  return {
    parameters,
    loss: ({ lr, hr }) => {
      const features = tf.relu(tf.conv2d(lr, first.read<tf.Rank.R4>(), 1, 'same'));
      const rows = tf.reshape(features, [-1, 20]);
      const mixed = tf.reshape(tf.matMul(rows, mix.read<tf.Rank.R2>()), features.shape);
      const sr = tf.conv2d(mixed as tf.Tensor4D, last.read<tf.Rank.R4>(), 1, 'same');
      const total = tf.mean<tf.Scalar>(tf.square(tf.sub(sr, hr)));
      return { total, terms: { total } };
    },
    optimizer: {
      ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      ...{ weightDecay: 0, decoupledWeightDecay: false },
    },
    learningRate: () => 1e-2,
    clipNorm: null,
    ema: null,
    seed: 1,
  };
}

const pixels = BATCH * LR_PX * LR_PX * 3;
const batch = {
  count: BATCH,
  lr: numbers('lr', pixels),
  hr: numbers('hr', pixels).map((value) => value / 10),
  magnification: new Int32Array(BATCH),
  lrPx: LR_PX,
  hrPx: LR_PX,
};

/** The weights after some steps. */
async function train(threads: number, steps: number): Promise<number[]> {
  const engine = wasmEngine.create({ threads });
  await engine.start();
  const step = await engine.trainStep(definition());
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await step.run([batch])).total);
  const { parameters } = await step.exportState();
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  step.dispose();
  await engine.stop();
  return [...parameters.values()].flatMap((values) => [...values]);
}

test('says what computes', async () => {
  const engine = wasmEngine.create({ threads: 3 });
  const version = (await wasmEngine.availability()) as { version: string };
  expect(await engine.start()).toEqual({
    engine: 'wasm',
    version: version.version,
    device: 'cpu',
    threads: 3,
  });
  expect(tf.getBackend()).toBe('wasm');
  await engine.stop();
});

test('takes every core when not told otherwise', async () => {
  const engine = wasmEngine.create({});
  expect((await engine.start()).threads).toBe(availableParallelism());
  await engine.stop();
});

test('gives the same bits again, after a restart and on any number of threads', async () => {
  const weights = await train(1, 5);
  expect(await train(1, 5)).toEqual(weights);
  expect(await train(2, 5)).toEqual(weights);
  expect(await train(5, 5)).toEqual(weights);
});

test('starts once at a time, and computes only when started', async () => {
  const [engine, other] = [wasmEngine.create({ threads: 1 }), wasmEngine.create({ threads: 1 })];
  await expect(engine.trainStep(definition())).rejects.toThrow('not started');
  await engine.start();
  await expect(other.start()).rejects.toThrow('runs already');
  await engine.stop();
  await other.start();
  await other.stop();
});

test('tensors may be disposed of after the engine has stopped', async () => {
  const engine = wasmEngine.create({ threads: 1 });
  await engine.start();
  const left = tf.ones([3]);
  await engine.stop();
  expect(() => left.dispose()).not.toThrow();
});

test('200 steps leave no tensor and no memory behind', async () => {
  const engine = wasmEngine.create({ threads: 2 });
  await engine.start();
  const step = await engine.trainStep(definition());
  const heap = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8;
  const used = () => ({ tensors: tf.memory().numTensors, heapBytes: heap().byteLength });
  for (let i = 0; i < 5; i++) await step.run([batch]);
  const before = used();
  // A block that malloc finds at the same place has nothing new before it.
  const freeAddress = () => {
    const module = (
      tf.backend() as unknown as { wasm: { _malloc(n: number): number; _free(a: number): void } }
    ).wasm;
    const address = module._malloc(1 << 20);
    module._free(address);
    return address;
  };
  const address = freeAddress();
  for (let i = 0; i < 200; i++) await step.run([batch]);
  expect(used()).toEqual(before);
  expect(freeAddress()).toBe(address);
  step.dispose();
  await engine.stop();
});

test('a full memory is an error that says what to do', async () => {
  const engine = wasmEngine.create({ threads: 1 });
  await engine.start();
  expect(() => tf.zeros([1100, 1024, 1024])).toThrow('no 4400 MiB left');
  await engine.stop();
});

/** Runs a module in a process of its own, where `engine` is started; gives what it prints. */
function inProcess(code: string): string {
  const entry = fileURLToPath(new URL('./index.js', import.meta.url));
  const start = `import { wasmEngine } from ${JSON.stringify(entry)};
    const engine = wasmEngine.create({ threads: 3 });
    console.log((await engine.start()).threads);`;
  const node = [process.execPath, ['--input-type=module', '-e', start + code]] as const;
  return execFileSync(...node, { encoding: 'utf8', timeout: 60000 });
}

test('a process ends by itself, whether or not the engine is stopped', () => {
  expect(inProcess('')).toBe('3\n');
  expect(inProcess('await engine.stop();')).toBe('3\n');
});

test('leaves the process as it was', () => {
  const watched = `[typeof Worker, process.listenerCount('uncaughtException'),
    process.listenerCount('unhandledRejection')]`;
  expect(inProcess(`console.log(JSON.stringify(${watched}));`)).toBe('3\n["undefined",0,0]\n');
});

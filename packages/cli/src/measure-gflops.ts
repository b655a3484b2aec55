import { conv2d, ParameterScope, tf, type Engine } from '@mmsr/core';

const LAYERS = 4;
const CHANNELS = 32;

/** Of one step: forward, gradient by input, gradient by weights. */
const OPERATIONS_PER_PIXEL = 3 * 9 * 2 * (LAYERS * CHANNELS * CHANNELS + 2 * 3 * CHANNELS);

/**
 * A quick measure of an engine: training steps of a few convolutions, 3 times the forward operations
 * each, the best of some runs after a first that is not counted. A slow engine is measured on less.
 */
export async function measureGflops(engine: Engine): Promise<number> {
  const small = await measure(engine, { sidePx: 8, batch: 1, runs: 2 });
  return small < 1 ? small : measure(engine, { sidePx: 32, batch: 4, runs: 5 });
}

interface Workload {
  readonly sidePx: number;
  readonly batch: number;
  readonly runs: number;
}

async function measure(engine: Engine, { sidePx, batch: count, runs }: Workload): Promise<number> {
  const parameters = ParameterScope.root(1);
  const first = conv2d(parameters.scope('first'), 3, CHANNELS, 3);
  const layers = Array.from({ length: LAYERS }, (_, i) =>
    conv2d(parameters.scope(i), CHANNELS, CHANNELS, 3),
  );
  const last = conv2d(parameters.scope('last'), CHANNELS, 3, 3);
  const step = await engine.trainStep({
    parameters,
    loss: ({ lr, hr }) => {
      const features = layers.reduce((x, layer) => layer(x), first(lr));
      return { total: tf.mean(tf.square(tf.sub(last(features), hr))), terms: {} };
    },
    optimizer: {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
    },
    learningRate: () => 1e-4,
    clipNorm: null,
    ema: null,
    seed: 1,
  });
  const pixels = new Float32Array(count * sidePx * sidePx * 3).fill(0.5);
  const magnification = new Int32Array(count);
  const batch = { count, lr: pixels, hr: pixels, magnification, lrPx: sidePx, hrPx: sidePx };
  try {
    await step.run([batch]);
    let bestMs = Infinity;
    for (let run = 0; run < runs; run++) {
      const beganMs = performance.now();
      await step.run([batch]);
      bestMs = Math.min(bestMs, performance.now() - beganMs);
    }
    return (OPERATIONS_PER_PIXEL * sidePx * sidePx * count) / (bestMs * 1e6);
  } finally {
    step.dispose();
  }
}

import { readFileSync } from 'node:fs';
import {
  importTorch,
  readSafetensors,
  tf,
  zeroArrays,
  type Batch,
  type Engine,
  type EnginePlugin,
  type MultiTaskModel,
  type TrainStepDefinition,
} from '@mmsr/core';
import { readGolden, type Golden } from './golden.js';
import { makeModel, optionsOf } from './models.js';
import { CASES, relativeError, toImages } from './parity.js';

/** The batch is not used: the images of the golden files are not square. */
const NO_BATCH: Batch = {
  count: 1,
  lr: new Float32Array(3),
  hr: new Float32Array(3),
  magnification: new Int32Array(1),
  lrPx: 1,
  hrPx: 1,
};

/**
 * Of a weight after 20 steps. Adam divides small gradients by their own size, so where they are rounding
 * errors PyTorch's float32 differs from its own float64 by 4e-5; see tests/golden/README.md.
 */
const LARGEST: Readonly<Record<string, number>> = {
  edsr_x2: 1e-6,
  rcan_x2: 1e-4,
  swinir_ps_x2: 1e-4,
};

/** 20 steps with Adam as torch.optim.Adam does them with its defaults and a learning rate of 1e-4. */
function definitionOf(model: MultiTaskModel, golden: Golden): TrainStepDefinition {
  return {
    parameters: model.parameters,
    loss: (_, pass) => {
      const { sr } = model.forward(toImages(golden.input), { ...pass, training: false });
      const total: tf.Scalar = tf.mean(tf.abs(tf.sub(sr, toImages(golden.target))));
      return { total, terms: { l1: total } };
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
  };
}

/** Holds an engine's training step against gradients and weights that PyTorch computed. */
export function describeStepParity(plugin: EnginePlugin): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = plugin.create(optionsOf(plugin));
    await engine.start();
  });
  afterAll(() => engine.stop());

  test.each(CASES)('20 steps of $model agree with PyTorch', async (parity) => {
    const golden = readGolden(parity.model, parity.size);
    const model = makeModel(parity.backbone, parity.options);
    const { all, trainable } = model.parameters;
    const step = await engine.trainStep(definitionOf(model, golden));
    await step.importState({
      step: 0,
      parameters: importTorch(all, golden.weights, parity.model),
      firstMoment: zeroArrays(trainable),
      secondMoment: zeroArrays(trainable),
    });
    await step.run([NO_BATCH]);
    const { firstMoment } = await step.exportState();
    const wrong = trainable
      .map(({ name, shape, layout }) => {
        const gradient = (firstMoment.get(name) as Float32Array).map((value) => value / 0.1);
        return [name, relativeError({ name, shape, layout }, gradient, golden)] as const;
      })
      .filter(([, error]) => !(error < parity.gradient));
    expect(wrong).toEqual([]);

    for (let i = 1; i < 20; i++) await step.run([NO_BATCH]);
    const { parameters } = await step.exportState();
    step.dispose();
    const file = new URL(`../golden/${parity.model}.adam20.safetensors`, import.meta.url);
    const { tensors } = readSafetensors(readFileSync(file), parity.model);
    const expected = importTorch(all, tensors, parity.model);
    const differences = all.flatMap(({ name }) => {
      const other = expected.get(name) as Float32Array;
      return [...(parameters.get(name) as Float32Array)].map((value, i) =>
        Math.abs(value - (other[i] as number)),
      );
    });
    const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0);
    expect(Math.sqrt(squares / differences.length)).toBeLessThan(1e-6);
    const largest = differences.reduce((max, difference) => Math.max(max, difference), 0);
    expect(largest).toBeLessThan(LARGEST[parity.model] as number);
  });
}

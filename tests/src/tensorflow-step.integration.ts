import {
  builtinLosses,
  createObjective,
  randomStream,
  taskGradients,
  tf,
  type BackbonePlugin,
  type Batch,
  type BatchTensors,
  type Engine,
  type EnginePlugin,
  type ForwardPass,
  type LossPlugin,
  type MmsrError,
  type MagnificationLoss,
  type StepReport,
  type StepState,
  type SuperResolutionLoss,
  type TrainStep,
  type TrainStepDefinition,
} from '@mmsr/core';
import edsr from '@mmsr/backbone-edsr';
import rcan from '@mmsr/backbone-rcan';
import swinir from '@mmsr/backbone-swinir';
import { tensorflowEngine } from '@mmsr/engine-tensorflow';
import { wasmEngine } from '@mmsr/engine-wasm';
import heads from '@mmsr/heads';
import { makeModel, optionsOf } from './models.js';

/*
 * The compiled step against the eager one: same definitions, same batches, every option of training.
 */

interface Setting {
  readonly backbone: BackbonePlugin;
  readonly options: object;
  readonly head?: string;
  readonly superResolution?: string;
  readonly magnification?: string;
  readonly weighting?: 'fixed' | 'uncertainty';
  readonly step?: Partial<TrainStepDefinition>;
  /** Batches of one step. */
  readonly accumulate?: number;
}

const ADAM = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  decoupledWeightDecay: false,
} as const;

const SETTINGS: Record<string, Setting> = {
  'rcan, pooled-linear, decay and warm-up': {
    backbone: rcan,
    options: { groups: 2, blocks: 1, features: 16, reduction: 4 },
    head: 'pooled-linear',
    superResolution: 'charbonnier',
    step: { optimizer: { ...ADAM, weightDecay: 0.01 }, learningRate: (step) => 1e-5 * step },
  },
  'edsr, conv-pool, AdamW, clipping, uncertainty weights': {
    backbone: edsr,
    options: { blocks: 2, features: 16, residualScale: 0.1 },
    head: 'conv-pool',
    superResolution: 'ssim',
    magnification: 'focal',
    weighting: 'uncertainty',
    step: { optimizer: { ...ADAM, weightDecay: 0.1, decoupledWeightDecay: true }, clipNorm: 0.3 },
  },
  'edsr without a head, accumulating, no average': {
    backbone: edsr,
    options: { blocks: 2, features: 16 },
    superResolution: 'mse',
    step: { ema: null, clipNorm: 0.01 },
    accumulate: 3,
  },
  'swinir, attention-pool, dropout and drop path': {
    backbone: swinir,
    options: {
      depths: [2, 2],
      heads: [2, 2],
      features: 12,
      windowPx: 4,
      dropPath: 0.3,
      dropout: 0.1,
      attentionDropout: 0.1,
    },
    head: 'attention-pool',
    accumulate: 2,
  },
};

function lossOf(name: string): SuperResolutionLoss | MagnificationLoss {
  const plugin = builtinLosses.find((candidate) => candidate.name === name) as LossPlugin;
  return plugin.create(optionsOf(plugin), { classes: 3 });
}

function definitionOf(setting: Setting): TrainStepDefinition {
  const head = heads.find(({ name }) => name === setting.head);
  const model = makeModel(setting.backbone, setting.options, head === undefined ? {} : { head });
  const objective = createObjective(
    {
      superResolution: {
        loss: lossOf(setting.superResolution ?? 'l1') as SuperResolutionLoss,
        weight: 1,
      },
      magnification: head && {
        loss: lossOf(setting.magnification ?? 'cross-entropy') as MagnificationLoss,
        weight: 0.1,
      },
      weighting: setting.weighting ?? 'fixed',
    },
    model.parameters,
  );
  const loss = (batch: BatchTensors, pass: ForwardPass) =>
    objective(model.forward(batch.lr, pass), batch);
  const tasks = head === undefined ? ['superResolution'] : ['superResolution', 'magnification'];
  return {
    parameters: model.parameters,
    loss,
    diagnosis: taskGradients(model.parameters, tasks, (batch, pass) => loss(batch, pass).tasks),
    optimizer: ADAM,
    learningRate: () => 1e-4,
    clipNorm: null,
    ema: 0.9,
    seed: 5,
    ...setting.step,
  };
}

function batch(index: number, count = 2): Batch {
  const random = randomStream(3, 'batch', index);
  const pixels = (px: number) =>
    Float32Array.from({ length: count * px * px * 3 }, () => random.uniform());
  return {
    count,
    lr: pixels(12),
    hr: pixels(24),
    magnification: Int32Array.from({ length: count }, (_, i) => (index + i) % 3),
    lrPx: 12,
    hrPx: 24,
  };
}

const batches = (step: number, accumulate: number) =>
  Array.from({ length: accumulate }, (_, slot) => batch(step * accumulate + slot));

async function withEngine<T>(
  plugin: EnginePlugin,
  options: object,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = plugin.create({ ...optionsOf(plugin), threads: 2, ...options });
  await engine.start();
  try {
    return await use(engine);
  } finally {
    await engine.stop();
  }
}

async function run(step: TrainStep, from: number, to: number, accumulate = 1) {
  const reports: StepReport[] = [];
  for (let i = from; i < to; i++) reports.push(await step.run(batches(i, accumulate)));
  return reports;
}

const STEPS = 50;

async function train(plugin: EnginePlugin, options: object, setting: Setting) {
  return withEngine(plugin, options, async (engine) => {
    const step = await engine.trainStep(definitionOf(setting));
    const reports = await run(step, 0, STEPS, setting.accumulate);
    const state = await step.exportState();
    const diagnosis = await step.diagnose(batches(STEPS, setting.accumulate ?? 1));
    expect(await step.exportState()).toEqual(state);
    step.dispose();
    return { reports, state, diagnosis };
  });
}

function largestDifference(a: StepState, b: StepState): number {
  const arrays = (state: StepState) => [state.parameters, state.average ?? new Map()];
  let largest = 0;
  arrays(a).forEach((group, i) => {
    for (const [name, values] of group as StepState['parameters']) {
      const others = arrays(b)[i]?.get(name) as Float32Array;
      expect(others.length).toBe(values.length);
      values.forEach((value, j) => {
        largest = Math.max(largest, Math.abs(value - (others[j] as number)));
      });
    }
  });
  return largest;
}

describe.each(Object.entries(SETTINGS))('%s', (_, setting) => {
  let compiled: Awaited<ReturnType<typeof train>>;
  beforeAll(async () => {
    compiled = await train(tensorflowEngine, {}, setting);
  });

  test.each([
    ['TensorFlow operation by operation', tensorflowEngine, { compile: false }],
    ['wasm', wasmEngine, {}],
  ])('50 compiled steps are those of %s', async (_name, plugin, options) => {
    const eager = await train(plugin, options, setting);
    compiled.reports.forEach((report, i) => {
      const other = eager.reports[i] as StepReport;
      expect(Object.keys(report.terms)).toEqual(Object.keys(other.terms));
      for (const [name, value] of Object.entries({ ...report.terms, total: report.total })) {
        const expected = name === 'total' ? other.total : (other.terms[name] as number);
        expect(Math.abs(value - expected)).toBeLessThan(2e-5);
      }
      expect(report.gradientNorm / other.gradientNorm).toBeCloseTo(1, 3);
      expect(report.learningRate).toBe(other.learningRate);
    });
    expect(largestDifference(compiled.state, eager.state)).toBeLessThan(1e-4);
    expect(Object.keys(compiled.diagnosis)).toEqual(Object.keys(eager.diagnosis));
    for (const [name, value] of Object.entries(compiled.diagnosis)) {
      const other = eager.diagnosis[name] as number;
      expect(Math.abs(value - other)).toBeLessThan(0.01 * Math.max(Math.abs(other), 0.1));
    }
    const hasHead = setting.head !== undefined;
    expect('taskGradients.all.cosine' in compiled.diagnosis).toBe(hasHead);
    expect(compiled.diagnosis['taskGradients.all.norm.superResolution']).toBeGreaterThan(0);
  });
});

test('a state that one engine exports goes on in another', async () => {
  const setting = SETTINGS['edsr, conv-pool, AdamW, clipping, uncertainty weights'] as Setting;
  const half = await withEngine(wasmEngine, {}, async (engine) => {
    const step = await engine.trainStep(definitionOf(setting));
    await run(step, 0, 10);
    const state = await step.exportState();
    step.dispose();
    return state;
  });
  const rest = (state: StepState) =>
    withEngine(tensorflowEngine, {}, async (engine) => {
      const step = await engine.trainStep(definitionOf(setting));
      await step.importState(state);
      expect(await step.exportState()).toEqual(state);
      await run(step, 10, 20);
      const end = await step.exportState();
      step.dispose();
      return end;
    });
  const whole = await withEngine(wasmEngine, {}, async (engine) => {
    const step = await engine.trainStep(definitionOf(setting));
    await run(step, 0, 20);
    const state = await step.exportState();
    step.dispose();
    return state;
  });
  const end = await rest(half);
  expect(end.step).toBe(20);
  expect(largestDifference(end, whole)).toBeLessThan(2e-6);
});

describe('what cannot be compiled, or is not finite', () => {
  const setting = SETTINGS['edsr without a head, accumulating, no average'] as Setting;

  /** The error of a step from a changed state; the state must be as before. */
  async function failureOfStep(
    inputs: readonly Batch[],
    change: (state: StepState) => void,
    definition = definitionOf(setting),
  ) {
    return withEngine(tensorflowEngine, {}, async (engine) => {
      const step = await engine.trainStep(definition);
      const before = await step.exportState();
      change(before);
      await step.importState(before);
      const error = await step.run(inputs).then(
        () => undefined,
        (failure: unknown) => failure as MmsrError,
      );
      expect(await step.exportState()).toEqual(before);
      step.dispose();
      return error;
    });
  }

  /** The same of a step whose loss is changed. */
  function failureOf(change: (total: tf.Scalar) => tf.Scalar, accumulate = 1) {
    const definition = definitionOf(setting);
    const loss: TrainStepDefinition['loss'] = (data, pass) => {
      const total = change(definition.loss(data, pass).total);
      return { total, terms: { mse: total } };
    };
    return failureOfStep(batches(0, accumulate), () => undefined, { ...definition, loss });
  }

  test('an unchanged loss does not fail', async () => {
    await withEngine(tensorflowEngine, {}, async (engine) => {
      const step = await engine.trainStep(definitionOf(setting));
      expect((await run(step, 0, 1))[0]?.total).toBeGreaterThan(0);
      step.dispose();
    });
  });

  test('values that are read before the step ends', async () => {
    const error = await failureOf((total) => tf.mul(total, total.dataSync()[0] as number));
    expect(error).toMatchObject({ code: 'E_ENGINE' });
    expect(error?.message).toMatch(/^\w+ \(after "add_mean\.\w+"\) .* values are read/);
    expect(error?.advice).toContain('compile: false');
  });

  test('an operation without a rule is named, with its layer', async () => {
    const error = await failureOf((total) => {
      const boxes = tf.tensor2d([[0, 0, 1, 1]]);
      const image = tf.zeros<tf.Rank.R4>([1, 4, 4, 3]);
      const crop = tf.image.cropAndResize(image, boxes, tf.tensor1d([0], 'int32'), [2, 2]);
      return tf.add(total, tf.sum(crop));
    });
    expect(error).toMatchObject({ code: 'E_ENGINE' });
    expect(error?.message).toContain('CropAndResize');
  });

  test('random numbers that would be frozen', async () => {
    const error = await failureOf((total) => tf.mul(total, tf.mean(tf.dropout(tf.ones([8]), 0.5))));
    expect(error?.message).toContain('random');
    expect(error?.advice).toContain('pass.uniform');
  });

  test.each([1, 3])('a loss that is not a number updates nothing (%d batches)', async (count) => {
    const error = await failureOf((total) => tf.log(tf.sub(total, 1000)), count);
    expect(error).toMatchObject({ code: 'E_NON_FINITE' });
    expect(error?.message).toContain('"mse" is NaN');
  });

  test.each([1, 3])('a gradient that is not finite is named (%d batches)', async (count) => {
    const error = await failureOf((total) => tf.add(total, tf.sqrt(tf.mul(total, 0))), count);
    expect(error).toMatchObject({ code: 'E_NON_FINITE' });
    expect(error?.message).toMatch(/gradient of "[\w.]+" is not finite/);
  });

  test.each([1, 3])('a layer in the middle that overflows is named (%d batches)', async (count) => {
    const layer = 'body.1.body.0.weight';
    const error = await failureOfStep(batches(0, count), (state) => {
      state.parameters.get(layer)?.fill(3e38);
    });
    expect(error?.message).toMatch(
      /is \w+ at step 1; it began in \w+ of "body\.1\.body\.0\.weight" in the forward pass$/,
    );
    expect(error).toMatchObject({
      code: 'E_NON_FINITE',
      origin: { slot: 0, layer, pass: 'forward', patches: [0, 1] },
    });
  });

  test('of three batches of which the second is bad in one patch, that one is named', async () => {
    const bad = batch(1);
    bad.lr.fill(3e38, bad.lr.length / 2);
    const error = await failureOfStep([batch(0), bad, batch(2)], () => undefined);
    expect(error).toMatchObject({ code: 'E_NON_FINITE', origin: { slot: 1, patches: [1] } });
  });
});

test('predictions of any size are those of wasm, and more sizes than are kept do no harm', async () => {
  const predict = (plugin: EnginePlugin) =>
    withEngine(plugin, {}, async (engine) => {
      const head = heads.find(({ name }) => name === 'conv-pool');
      const model = makeModel(swinir, SETTINGS['swinir, attention-pool, dropout and drop path']?.options as object, head && { head }); // prettier-ignore
      const inference = await engine.inference(model);
      const sizes = [[8, 8], [9, 6], [5, 12], [12, 12], [7, 7], [8, 8], [9, 6]] as const; // prettier-ignore
      const results: number[][] = [];
      for (const [height, width] of sizes) {
        const random = randomStream(1, 'image', height * width);
        const lr = Float32Array.from({ length: height * width * 3 }, () => random.uniform());
        const { sr, logits } = await inference.predict(lr, [1, height, width, 3]);
        expect(sr.length).toBe(height * width * 12);
        results.push([...sr, ...(logits as Float32Array)]);
      }
      inference.dispose();
      return results;
    });
  const expected = await predict(wasmEngine);
  const found = await predict(tensorflowEngine);
  found.forEach((values, i) => {
    values.forEach((value, j) => {
      expect(Math.abs(value - (expected[i]?.[j] as number))).toBeLessThan(2e-5);
    });
  });
});

test('there is one tfjs-core: its tensors compute on every engine', async () => {
  const sum = await withEngine(tensorflowEngine, {}, () => {
    expect(tf.getBackend()).toBe('tensorflow');
    return tf.sum(tf.ones([3, 4])).data();
  });
  expect([...sum]).toEqual([12]);
  await withEngine(wasmEngine, {}, () => Promise.resolve(expect(tf.getBackend()).toBe('wasm')));
});

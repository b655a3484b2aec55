import '@tensorflow/tfjs-backend-cpu';
import * as tf from '../tf.js';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LossPlugin, MagnificationLoss, SuperResolutionLoss } from '../contracts/loss.js';
import type { Batch, TrainStepDefinition } from '../contracts/train-step.js';
import { zeros } from '../model/initializers.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { createEagerStep } from '../training/eager-step.js';
import { builtinLosses } from './builtin-losses.js';
import { createObjective } from './objective.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const CLASSES = 3;
/** The least that the window of SSIM fits in. */
const SIDE_PX = 11;

/** What each loss is computed of: SR is the LR and a shift, the logits are the same for every patch. */
const PREDICTION = { superResolution: 'shift', magnification: 'logits' } as const;

function defaultsOf({ configSchema }: LossPlugin): object {
  const schemas = Object.entries(configSchema.properties as Record<string, { default?: unknown }>);
  return Object.fromEntries(schemas.map(([key, schema]) => [key, schema.default]));
}

/** A step with one loss, and a constant as that of the other task. */
function stepWith(plugin: LossPlugin) {
  const parameters = ParameterScope.root(1);
  const shift = parameters.parameter(PREDICTION.superResolution, [3], zeros);
  const logits = parameters.parameter(PREDICTION.magnification, [CLASSES], zeros);
  const loss = plugin.create(defaultsOf(plugin), { classes: CLASSES });
  const lossOf = (task: LossPlugin['task']) => (task === plugin.task ? loss : () => tf.scalar(1));
  const objective = createObjective(
    {
      superResolution: { loss: lossOf('superResolution') as SuperResolutionLoss, weight: 1 },
      magnification: { loss: lossOf('magnification') as MagnificationLoss, weight: 1 },
      weighting: 'fixed',
    },
    parameters,
  );
  const definition: TrainStepDefinition = {
    parameters,
    loss: (batch) => {
      const sr: Tensor4D = tf.add(batch.lr, shift.read<tf.Rank.R1>());
      const rows: Tensor2D = tf.zeros([batch.lr.shape[0], CLASSES]);
      return objective({ sr, logits: tf.add(rows, logits.read<tf.Rank.R1>()) }, batch);
    },
    optimizer: {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
    },
    learningRate: () => 1e-3,
    clipNorm: null,
    ema: null,
    seed: 1,
  };
  return createEagerStep(definition);
}

function batch(): Batch {
  const pixels = () => new Float32Array(2 * SIDE_PX * SIDE_PX * 3).fill(0.5);
  return {
    count: 2,
    lr: pixels(),
    hr: pixels(),
    magnification: Int32Array.of(0, 2),
    lrPx: SIDE_PX,
    hrPx: SIDE_PX,
  };
}

test.each(builtinLosses.map((plugin) => [plugin.name, plugin] as const))(
  'a single NaN in what %s is computed of is named by that loss',
  async (_, plugin) => {
    const step = stepWith(plugin);
    await step.run([batch()]);
    const state = await step.exportState();
    const parameter = PREDICTION[plugin.task];
    state.parameters.get(parameter)?.fill(NaN, 1, 2);
    await step.importState(state);
    await expect(step.run([batch()])).rejects.toMatchObject({
      code: 'E_NON_FINITE',
      message: expect.stringMatching(
        `^the loss "${plugin.task}" is NaN at step 2; it began in \\w+ of "${parameter}" in the forward`,
      ) as string,
    });
    expect(await step.exportState()).toEqual(state);
    step.dispose();
  },
);

test('every loss that comes with core is looked at', () => {
  expect(builtinLosses.map(({ name }) => name).sort()).toEqual(
    ['charbonnier', 'cross-entropy', 'focal', 'l1', 'mse', 'ssim'].sort(),
  );
});

import type { ForwardPass } from '../contracts/forward-pass.js';
import type {
  BatchTensors,
  Diagnosis,
  OptimizerSettings,
  TrainStepDefinition,
} from '../contracts/train-step.js';
import type { Experiment } from '../experiment/schema.js';
import type { ModelFactory } from '../model/model-factory.js';
import type { MultiTaskModel } from '../model/multi-task-model.js';
import type { ObjectiveValue } from '../objective/objective.js';
import { learningRateSchedule } from '../training/schedule.js';
import { taskGradients } from '../training/task-gradients.js';

/** The training step of an experiment; the objective's parameters are added to the model's. */
export function trainStepDefinition(
  factory: Pick<ModelFactory, 'objective'>,
  experiment: Experiment,
  model: MultiTaskModel,
): TrainStepDefinition {
  const objective = factory.objective(experiment, model);
  const { optimizer, schedule, training, seed } = experiment;
  const loss = (batch: BatchTensors, pass: ForwardPass) =>
    objective(model.forward(batch.lr, pass), batch);
  return {
    parameters: model.parameters,
    loss,
    optimizer: optimizerSettings(optimizer),
    learningRate: learningRateSchedule(schedule, optimizer.learningRate, training.steps),
    clipNorm: training.clipNorm,
    ema: training.ema,
    seed,
    ...(training.diagnoseEverySteps === null
      ? {}
      : { diagnosis: diagnosisOf(experiment, model, loss) }),
  };
}

function diagnosisOf(
  experiment: Experiment,
  { parameters }: MultiTaskModel,
  loss: (batch: BatchTensors, pass: ForwardPass) => ObjectiveValue,
): Diagnosis {
  const tasks =
    experiment.model.head === null ? ['superResolution'] : ['superResolution', 'magnification'];
  return taskGradients(parameters, tasks, (batch, pass) => loss(batch, pass).tasks);
}

function optimizerSettings({ name, ...options }: Experiment['optimizer']): OptimizerSettings {
  const { beta1, beta2, epsilon, weightDecay } = options;
  return { beta1, beta2, epsilon, weightDecay, decoupledWeightDecay: name === 'adamw' };
}

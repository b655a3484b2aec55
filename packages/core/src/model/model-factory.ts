import { inject, injectable } from 'tsyringe';
import type { BackbonePlugin } from '../contracts/backbone.js';
import type { HeadPlugin } from '../contracts/head.js';
import type {
  LossPlugin,
  MagnificationLoss,
  SuperResolutionLoss,
  Task,
} from '../contracts/loss.js';
import type { Experiment } from '../experiment/schema.js';
import { createObjective, type Objective } from '../objective/objective.js';
import { PluginRegistry } from '../plugins/register.js';
import { MultiTaskModel } from './multi-task-model.js';

/** Makes the model and the objective that an experiment describes. */
@injectable()
export class ModelFactory {
  constructor(@inject(PluginRegistry) private readonly registry: PluginRegistry) {}

  /** Parameters are declared, no tensor is made. */
  model(experiment: Experiment): MultiTaskModel {
    const { name, ...options } = experiment.model.backbone;
    return MultiTaskModel.create({
      seed: experiment.seed,
      scale: experiment.scale,
      classes: experiment.data.train.magnifications.length,
      backbone: { plugin: this.registry.find('backbone', name) as BackbonePlugin, options },
      head: this.#head(experiment),
    });
  }

  #head(experiment: Experiment) {
    if (experiment.model.head === null) return undefined;
    const { name, attach, ...options } = experiment.model.head;
    return { plugin: this.registry.find('head', name) as HeadPlugin, options, attach };
  }

  /** Declares its own parameters, if it has any, in the model's. */
  objective(experiment: Experiment, model: MultiTaskModel): Objective {
    const { superResolution, magnification, weighting } = experiment.objective;
    const loss = (task: Task) => {
      const { name, weight, ...options } =
        task === 'magnification' ? magnification : superResolution;
      const plugin = this.registry.find('loss', name) as LossPlugin;
      const context = { classes: experiment.data.train.magnifications.length };
      return { loss: plugin.create(options, context), weight };
    };
    return createObjective(
      {
        superResolution: loss('superResolution') as { loss: SuperResolutionLoss; weight: number },
        magnification:
          experiment.model.head === null
            ? undefined
            : (loss('magnification') as { loss: MagnificationLoss; weight: number }),
        weighting,
      },
      model.parameters,
    );
  }
}

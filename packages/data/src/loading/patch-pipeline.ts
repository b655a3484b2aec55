import {
  type DataPipeline,
  type Degradation,
  type Experiment,
  InputError,
  type MagnificationAudit,
  MmsrError,
  type OpenData,
  PluginRegistry,
  type Split,
  trainedMagnifications,
} from '@mmsr/core';
import { inject, injectable } from 'tsyringe';
import { contradictions } from '../audit/contradictions.js';
import { auditMagnifications } from '../audit/magnification-table.js';
import { type EvaluationPlan, planEvaluation } from '../evaluation/plan-evaluation.js';
import { PatchSampler } from '../patches/patch-sampler.js';
import { noRoomProblem, tooSmallWarnings } from '../patches/room.js';
import { openTransforms, type OpenTransforms } from '../stain/open-transforms.js';
import { leakProblems, magnificationProblems, type SplitImages } from './check-splits.js';
import { OpenPatches } from './open-patches.js';
import { openSplits, type OpenSplit } from './open-split.js';
import { findPlugin, importable, type Plugins, useOf } from './plugin-lookup.js';

/** Opens the `data` of an experiment, checks it, and gives training batches and evaluation patches. */
@injectable()
export class PatchPipeline implements DataPipeline {
  constructor(@inject(PluginRegistry) private readonly plugins: Plugins) {}

  /**
   * @param folder what relative paths in the experiment start from
   * @param signal ends the opening between two images
   * @throws InputError with everything that is wrong with the images; the reason of the signal
   */
  async open(experiment: Experiment, folder: string, signal?: AbortSignal): Promise<OpenData> {
    const transforms = await openTransforms(experiment, folder);
    const { splits, problems } = await openSplits(this.plugins, experiment, folder, signal);
    try {
      return this.#check(experiment, splits, transforms, [...transforms.problems, ...problems]);
    } catch (error) {
      await Promise.all(splits.map(({ source }) => source.close()));
      throw error;
    }
  }

  #check(
    experiment: Experiment,
    splits: OpenSplit[],
    transforms: OpenTransforms,
    found: readonly MmsrError[],
  ): OpenData {
    const images = splits.map(({ split, source }): SplitImages => {
      const { magnifications } = experiment.data[split] as { magnifications: number[] };
      return { split, images: source.images, magnifications };
    });
    const problems = [
      ...found,
      ...images.flatMap(magnificationProblems),
      ...leakProblems(images, experiment.data.disjointRegions),
    ];
    // Room for patches depends on the magnifications, so it is only looked at when those are right.
    if (problems.length > 0) throw new InputError(problems);
    const doubts = contradictions(images);
    if (experiment.data.strict && doubts.length > 0) throw new InputError(doubts.map(asProblem));
    const training = planTraining(experiment, splits);
    const evaluations = planEvaluations(experiment, splits);
    const plans = [training, ...evaluations.values()];
    const lacks = plans.flatMap((plan) => plan.problems);
    if (lacks.length > 0) throw new InputError(lacks);
    const audits = new Map(splits.map((one) => [one.split, auditOf(experiment, one, evaluations)]));
    const loading = this.#loading(experiment, splits);
    return new OpenPatches({
      experiment,
      splits,
      sampler: training.sampler,
      evaluations,
      degradation: this.#degradation(experiment),
      transforms,
      audits,
      threadPlugins: loading.threadPlugins,
      warnings: [
        ...doubts,
        ...new Set(splits.flatMap(({ source }) => source.warnings ?? [])),
        ...plans.flatMap((plan) => plan.warnings),
        ...loading.warnings,
      ],
    });
  }

  #degradation({ data, scale }: Experiment): Degradation {
    const use = useOf('degradation', data.degradation);
    try {
      return findPlugin(this.plugins, use).create(use.options, { scale });
    } catch (error) {
      // Options that do not go together are the input's fault, found before anything is written.
      throw error instanceof MmsrError ? new InputError([error]) : error;
    }
  }

  /** Threads import the plugins for themselves; where that cannot be done, batches are made here. */
  #loading({ data }: Experiment, splits: readonly OpenSplit[]) {
    const { use } = splits.find(({ split }) => split === 'train') as OpenSplit;
    const source = importable(this.plugins, use);
    const degradation = importable(this.plugins, useOf('degradation', data.degradation));
    if (source !== undefined && degradation !== undefined) {
      return { threadPlugins: { source, degradation }, warnings: [] };
    }
    const missing =
      source === undefined ? `source ${use.name}` : `degradation ${data.degradation.name}`;
    const warning =
      `patches are made on the main thread: it is not known where a loading thread could import ` +
      `the plugin from (${missing})`;
    return { threadPlugins: undefined, warnings: data.workers > 0 ? [warning] : [] };
  }
}

function asProblem(doubt: string): MmsrError {
  return new MmsrError('E_DATA', doubt, {
    advice: '`data.strict: true` makes an error of it; without, it is a warning.',
  });
}

function auditOf(
  { data }: Experiment,
  { split, source }: OpenSplit,
  evaluations: ReadonlyMap<Split, EvaluationPlan>,
): MagnificationAudit[] {
  const { magnifications, patchPx } = data[split] as { magnifications: number[]; patchPx: number };
  return auditMagnifications(source, magnifications, patchPx, evaluations.get(split)?.samples);
}

function planTraining(experiment: Experiment, splits: readonly OpenSplit[]) {
  const { data, seed, training } = experiment;
  const { source } = splits.find(({ split }) => split === 'train') as OpenSplit;
  const { patchPx, augment } = data.train;
  const magnifications = trainedMagnifications(experiment);
  const sampler = new PatchSampler(source, {
    seed,
    batchSize: training.batchSize,
    magnifications,
    patchPx,
    augment,
  });
  const problems = magnifications
    .filter((_, k) => sampler.imagesOf(k) === 0)
    .map((magnification) => noRoomProblem('train', source, magnification, patchPx));
  const warnings = tooSmallWarnings('train', source.images, magnifications, patchPx);
  return { sampler, problems, warnings };
}

function planEvaluations(
  { data }: Experiment,
  splits: readonly OpenSplit[],
): Map<'validation' | 'test', EvaluationPlan> {
  const plans = new Map<'validation' | 'test', EvaluationPlan>();
  for (const { split, source } of splits) {
    const grid = split === 'train' ? undefined : data[split];
    if (split === 'train' || grid === undefined) continue;
    plans.set(split, planEvaluation(split, source, grid));
  }
  return plans;
}

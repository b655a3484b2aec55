import { join, resolve } from 'node:path';
import { type CellCost, CellMeter, type Experiment, RunDirectory } from '@mmsr/core';
import { checkStudy, inputsOf, type CellCheck } from './check.js';
import type { LoadedStudy } from './study.js';

/** What is left to do of a cell. */
export interface CellPlan {
  readonly cell: string;
  /** `stale`: the run that lies there is of another configuration or other images. */
  readonly state: 'done' | 'to do' | 'stale';
  /** Steps that are still to be done. */
  readonly stepsLeft: number;
  /** Measured; undefined where nothing is left. */
  readonly stepSeconds?: number;
  /** Estimated for all that is left, evaluation included. */
  readonly seconds: number;
  /** What differs, of a stale cell. */
  readonly changed: readonly string[];
}

export interface PlanOptions {
  /** Where run directories are made. Default: `runs` in the working directory. */
  readonly out?: string;
  /** Counts stale cells as to be done from the beginning. Default: false, they count nothing. */
  readonly rerunStale?: boolean;
  /** Called before a cell is measured. */
  readonly onMeasure?: (cell: string) => void;
}

/**
 * Says what a run of the study would do and about how long, from a few steps and images of each kind of
 * cell; cells that differ in the seed alone are measured once. Nothing is written.
 * @throws InputError when the input is wrong
 */
export async function planStudy(
  study: LoadedStudy,
  options: PlanOptions = {},
): Promise<CellPlan[]> {
  const checks = await checkStudy(study);
  const costs = new Map<string, CellCost>();
  const plans: CellPlan[] = [];
  for (const { name, experiment } of study.cells) {
    const left = await whatIsLeft(study, name, experiment, checks, options);
    if (left.stepsLeft === 0) {
      plans.push({ cell: name, ...left, seconds: 0 });
      continue;
    }
    const key = kindOf(experiment);
    let cost = costs.get(key);
    if (cost === undefined) {
      options.onMeasure?.(name);
      const meter = study.container.createChildContainer().resolve(CellMeter);
      cost = await meter.measure(experiment, study.folder);
      costs.set(key, cost);
    }
    const seconds = estimateSeconds(cost, experiment, left.stepsLeft);
    plans.push({ cell: name, ...left, stepSeconds: cost.stepSeconds, seconds });
  }
  return plans;
}

async function whatIsLeft(
  { name: studyName }: LoadedStudy,
  cell: string,
  experiment: Experiment,
  checks: readonly CellCheck[],
  { out = 'runs', rerunStale = false }: PlanOptions,
): Promise<Pick<CellPlan, 'state' | 'stepsLeft' | 'changed'>> {
  const run = new RunDirectory(join(resolve(out), studyName, cell));
  const check = checks.find((found) => found.cell === cell);
  const changed = await run.staleness(inputsOf(experiment, check));
  const { steps } = experiment.training;
  if (changed.length > 0) return { state: 'stale', stepsLeft: rerunStale ? steps : 0, changed };
  if ((await run.results()) !== undefined) return { state: 'done', stepsLeft: 0, changed };
  // A run whose training is over still has its test images to do.
  return { state: 'to do', stepsLeft: Math.max(1, steps - (await run.savedSteps())), changed };
}

/** Cells of one kind compute the same on other numbers: they differ in the seed and in words alone. */
export function kindOf(experiment: Experiment): string {
  return JSON.stringify({ ...experiment, seed: 0, name: '', description: '' });
}

/** How long the steps that are left and the evaluations take. */
export function estimateSeconds(
  cost: CellCost,
  { training }: Experiment,
  stepsLeft: number,
): number {
  const validations = Math.floor((stepsLeft - 1) / training.validateEverySteps);
  const images = cost.testImages + validations * cost.validationImages;
  return cost.startSeconds + (stepsLeft - 1) * cost.stepSeconds + images * cost.imageSeconds;
}

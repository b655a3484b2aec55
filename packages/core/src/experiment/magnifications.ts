import type { Experiment } from './schema.js';

/** The magnifications a model is trained on, descending: class k of the head is the k-th of them. */
export function trainedMagnifications(experiment: Experiment): number[] {
  return [...experiment.data.train.magnifications].sort((a, b) => b - a);
}

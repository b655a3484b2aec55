import type { ScheduleOptions } from '../experiment/schema.js';

/**
 * The learning rate of each step, counted from 1. multistep multiplies by gamma once a milestone's
 * number of steps is done (torch's MultiStepLR); cosine falls to minimumFactor at the last step
 * (Loshchilov and Hutter 2017). Warm-up multiplies by step / warmupSteps.
 */
export function learningRateSchedule(
  schedule: ScheduleOptions,
  learningRate: number,
  steps: number,
): (step: number) => number {
  const factor = factorOf(schedule, steps);
  const { warmupSteps } = schedule;
  return (step) => learningRate * Math.min(1, step / Math.max(1, warmupSteps)) * factor(step - 1);
}

/** The factor after a number of finished steps. */
function factorOf(schedule: ScheduleOptions, steps: number): (done: number) => number {
  switch (schedule.name) {
    case 'constant':
      return () => 1;
    case 'multistep': {
      const { milestones, gamma } = schedule;
      return (done) => gamma ** milestones.filter((milestone) => milestone <= done).length;
    }
    case 'cosine': {
      const { minimumFactor, warmupSteps } = schedule;
      const span = Math.max(1, steps - warmupSteps);
      return (done) => {
        const progress = Math.min(1, Math.max(0, (done - warmupSteps) / span));
        return minimumFactor + ((1 - minimumFactor) * (1 + Math.cos(Math.PI * progress))) / 2;
      };
    }
  }
}

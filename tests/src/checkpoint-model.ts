import type { ParameterScope, RunDirectory, StepState } from '@mmsr/core';
import { NEW_LOOP } from '../../packages/core/dist/training/loop-state.js';

/** How the process that saves a checkpoint ends. */
export const SAVE_EXIT = { saved: 0, refused: 20, wrongError: 21 } as const;

const SHAPE = [3, 3, 4, 40];

/** What a checkpoint takes of a model: names, shapes and layouts; it needs no tfjs. */
export function modelOf(): ParameterScope {
  const parameters = ['first', 'second'].map((name) => ({
    name: `${name}.weight`,
    shape: SHAPE,
    size: SHAPE.reduce((product, side) => product * side, 1),
    layout: 'conv2d',
  }));
  return { all: parameters, trainable: parameters } as unknown as ParameterScope;
}

/** The state of a step, all of whose numbers follow from the step. */
export function stateOf(step: number): StepState {
  const arrays = (shift: number) =>
    new Map(
      modelOf().all.map(({ name, size }) => [
        name,
        Float32Array.from({ length: size }, (_, i) => Math.fround(step + shift + i / 7)),
      ]),
    );
  return {
    step,
    parameters: arrays(0),
    firstMoment: arrays(0.1),
    secondMoment: arrays(0.2),
    average: arrays(0.3),
  };
}

export const BEST = { step: 0, value: 30 } as const;
const PSNR = [BEST.value, 10, 20, 15];

/** Saves the checkpoint of a step; the newest two are kept, and the best one, which is the first. */
export async function saveStep(run: RunDirectory, step: number): Promise<void> {
  const loop = { ...NEW_LOOP, validation: { psnr: PSNR[step] as number } };
  const keepBest = { metric: 'psnr', count: 1 } as const;
  await run.save(modelOf(), { state: stateOf(step), loop }, { keep: 2, keepBest });
}

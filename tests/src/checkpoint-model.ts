import type { ParameterScope, StepState } from '@mmsr/core';

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

import * as tf from '../tf.js';
import type { ForwardPass } from '../contracts/forward-pass.js';
import { randomStream } from '../random/random-stream.js';

/** The pass of an evaluation: nothing is dropped, nothing is random. */
export const evaluationPass: ForwardPass = {
  training: false,
  uniform: (purpose) => {
    throw new Error(`random numbers for "${purpose}" were asked for outside of training`);
  },
  tap: () => undefined,
};

/**
 * The pass of one training step on one batch.
 * @param step counted from 1
 * @param slot which of the accumulated batches
 */
export function trainingPass(seed: number, step: number, slot: number): ForwardPass {
  return {
    training: true,
    uniform: (purpose, shape) => tf.tensor(uniformNumbers(seed, purpose, step, slot, shape), shape),
    tap: () => undefined,
  };
}

/** Uniform numbers in [0, 1), fixed by the arguments: what a compiled step is fed. */
export function uniformNumbers(
  seed: number,
  purpose: string,
  step: number,
  slot: number,
  shape: readonly number[],
): Float32Array {
  const random = randomStream(seed, purpose, step, slot);
  return new Float32Array(shape.reduce((product, side) => product * side, 1)).map(() =>
    random.uniform(),
  );
}

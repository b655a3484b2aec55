import type { RandomStream } from '../random/random-stream.js';
import type { ParameterLayout } from './parameter-scope.js';

/** Gives the initial values of a parameter, in tfjs layout. */
export type Initializer = (
  shape: readonly number[],
  layout: ParameterLayout,
  random: RandomStream,
) => Float32Array;

function fill(shape: readonly number[], value: () => number): Float32Array {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  for (let i = 0; i < values.length; i++) values[i] = value();
  return values;
}

export const zeros: Initializer = (shape) => fill(shape, () => 0);
export const ones: Initializer = (shape) => fill(shape, () => 1);

export function constant(values: readonly number[]): Initializer {
  return () => Float32Array.from(values);
}

/** Uniform in [-bound, bound). */
export function uniform(bound: number): Initializer {
  return (shape, _layout, random) => fill(shape, () => (2 * random.uniform() - 1) * bound);
}

/** Normal with the given deviation, cut at `cut` absolute: timm's trunc_normal_ with its default cuts of 2. */
export function truncatedNormal(deviation: number, cut = 2): Initializer {
  return (shape, _layout, random) =>
    fill(shape, () => {
      let value: number;
      do value = random.normal() * deviation;
      while (Math.abs(value) > cut);
      return value;
    });
}

/** PyTorch's default for the weights and bias of a layer with `fanIn` inputs per output: 1/sqrt(fanIn). */
export function torchDefault(fanIn: number): Initializer {
  return uniform(1 / Math.sqrt(fanIn));
}

import { randomStream, tf } from '@mmsr/core';

/** Normal numbers fixed by their name. */
export function numbers(name: string, count: number): Float32Array {
  const random = randomStream(1, name);
  return Float32Array.from({ length: count }, () => random.normal());
}

export function tensor<R extends tf.Rank = tf.Rank>(name: string, shape: number[]): tf.Tensor<R> {
  const made: tf.Tensor = tf.tensor(numbers(name, tf.util.sizeFromShape(shape)), shape);
  return made as tf.Tensor<R>;
}

/** The largest difference, relative to the largest expected value. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((actual[i] as number) - (expected[i] as number)));
    if (Number.isNaN(actual[i])) return NaN;
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return difference / Math.max(scale, 1e-30);
}

interface Values {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: Float32Array;
}

type Compute = () => tf.Tensor | tf.Tensor[];

async function compute(backend: string, make: Compute): Promise<Values[]> {
  await tf.setBackend(backend);
  return tf.tidy(() =>
    [make()].flat().map((result) => ({
      shape: result.shape,
      dtype: result.dtype,
      values: Float32Array.from(result.dataSync()),
    })),
  );
}

/** Expects tfjs's cpu backend to give the same, up to rounding. The wasm backend is current before and after. */
export async function expectSameAsCpu(make: Compute, tolerance = 1e-5): Promise<void> {
  const expected = await compute('cpu', make);
  const actual = await compute('wasm', make);
  const kinds = (all: Values[]) => all.map(({ shape, dtype }) => ({ shape, dtype }));
  expect(kinds(actual)).toEqual(kinds(expected));
  expected.forEach(({ values }, i) => {
    expect(relativeError(actual[i]?.values ?? [], values)).toBeLessThan(tolerance);
  });
}

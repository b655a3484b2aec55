import { MmsrError, type RandomStream, Type } from '@mmsr/core';

/** The option of a number that is drawn for each patch, evenly between the two. */
export function Range(
  bounds: { minimum?: number; exclusiveMinimum?: number; maximum?: number },
  usual: readonly [number, number],
  description: string,
) {
  return Type.Array(Type.Number(bounds), {
    minItems: 2,
    maxItems: 2,
    default: usual,
    description: `${description} From the first to the second, drawn for each patch.`,
  });
}

/** Always one draw, so that an option does not change what the others get. */
export function drawWithin(range: readonly number[], random: RandomStream): number {
  const [low, high] = range as [number, number];
  return low + (high - low) * random.uniform();
}

/** @throws MmsrError E_EXPERIMENT when a range ends below its start */
export function assertRanges(ranges: Readonly<Record<string, readonly number[]>>): void {
  for (const [key, [low = 0, high = 0]] of Object.entries(ranges)) {
    if (low <= high) continue;
    throw new MmsrError('E_EXPERIMENT', `the range starts at ${low} and ends at ${high}`, {
      where: `data.degradation.${key}`,
      advice: 'Write the smaller number first.',
    });
  }
}

/** Inputs that are weighed in one go: fewer passes over the output. */
const GROUP = 4;

/** For each output position along one axis: which input positions count, and how much. */
export interface Taps {
  /** Output positions. */
  readonly length: number;
  /** Input positions for each output position, a multiple of four. */
  readonly count: number;
  /** [length, count], input positions. */
  readonly indices: Int32Array;
  /** [length, count], summing to 1 over each output position; 0 behind the last. */
  readonly weights: Float64Array;
}

/**
 * Leaves out what weighs nothing; the order of the others, and with it every rounding, stays.
 * @param indices [length, count], input positions
 * @param weights [length, count]
 */
export function packTaps(
  length: number,
  count: number,
  indices: Int32Array,
  weights: Float64Array,
): Taps {
  const used = Array.from({ length }, (_, i) =>
    Array.from({ length: count }, (__, tap) => i * count + tap).filter((at) => weights[at] !== 0),
  );
  const longest = used.reduce((most, { length: taps }) => Math.max(most, taps), 0);
  const packedCount = Math.ceil(longest / GROUP) * GROUP;
  const packed = {
    length,
    count: packedCount,
    indices: new Int32Array(length * packedCount),
    weights: new Float64Array(length * packedCount),
  };
  used.forEach((taps, i) =>
    taps.forEach((at, tap) => {
      packed.indices[i * packedCount + tap] = indices[at] as number;
      packed.weights[i * packedCount + tap] = weights[at] as number;
    }),
  );
  return packed;
}

/** Numbers in rows from the top, pixels interleaved: [heightPx, widthPx, channels]. */
export interface Samples {
  readonly data: Uint8Array | Float32Array | Float64Array;
  readonly heightPx: number;
  readonly widthPx: number;
  readonly channels: number;
}

/** Weighs along the vertical axis, then along the horizontal one, in float64. */
export function resampleBothAxes(
  { data, widthPx, channels }: Samples,
  vertical: Taps,
  horizontal: Taps,
): Float64Array<ArrayBuffer> {
  const rowLength = widthPx * channels;
  const rows = new Float64Array(vertical.length * rowLength);
  const columns = { step: rowLength, lines: 1, run: rowLength, fromLine: 0, toLine: 0 };
  weigh(new Float64Array(data), rows, vertical, columns);
  const toRow = horizontal.length * channels;
  const result = new Float64Array(vertical.length * toRow);
  const lines = { lines: vertical.length, fromLine: rowLength, toLine: toRow };
  weigh(rows, result, horizontal, { step: channels, run: channels, ...lines });
  return result;
}

/** How an axis lies in memory. */
interface Axis {
  /** Numbers from one position of the axis to the next. */
  readonly step: number;
  /** Numbers side by side that belong to one position. */
  readonly run: number;
  /** Lines along the axis, and the numbers from one to the next in the input and the output. */
  readonly lines: number;
  readonly fromLine: number;
  readonly toLine: number;
}

/** Adds to each output position the inputs that its taps name. */
function weigh(from: Float64Array, to: Float64Array, taps: Taps, axis: Axis): void {
  const { count, indices, weights } = taps;
  for (let tap = 0; tap < taps.length * count; tap += GROUP) {
    const at = (offset: number) => (indices[tap + offset] as number) * axis.step;
    const weight = (offset: number) => weights[tap + offset] as number;
    const output = Math.floor(tap / count) * axis.step;
    const [first, second, third, fourth] = [at(0), at(1), at(2), at(3)];
    const [w0, w1, w2, w3] = [weight(0), weight(1), weight(2), weight(3)];
    addFour(from, to, axis, output, first, w0, second, w1, third, w2, fourth, w3);
  }
}

/** The inner loop: numbers as arguments, as objects would be read again for each pixel. */
function addFour(
  from: Float64Array,
  to: Float64Array,
  { lines, run, fromLine, toLine }: Axis,
  output: number,
  first: number,
  w0: number,
  second: number,
  w1: number,
  third: number,
  w2: number,
  fourth: number,
  w3: number,
): void {
  for (let line = 0; line < lines; line++) {
    const start = line * fromLine;
    const end = line * toLine + output + run;
    for (let i = line * toLine + output, input = start; i < end; i++, input++) {
      to[i] =
        (to[i] as number) +
        w0 * (from[first + input] as number) +
        w1 * (from[second + input] as number) +
        w2 * (from[third + input] as number) +
        w3 * (from[fourth + input] as number);
    }
  }
}

/** To 8 bits: clipped to 0..255, halves rounded to the even neighbour. */
export function toBytes(values: Float64Array): Uint8Array<ArrayBuffer> {
  // Exactly what a store into a clamped array does.
  return new Uint8Array(new Uint8ClampedArray(values).buffer);
}

/** For each output position along one axis: which input positions count, and how much. */
export interface Taps {
  /** Output positions. */
  readonly length: number;
  /** Input positions for each output position. */
  readonly count: number;
  /** [length, count], input positions. */
  readonly indices: Int32Array;
  /** [length, count], summing to 1 over each output position. */
  readonly weights: Float64Array;
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
  image: Samples,
  vertical: Taps,
  horizontal: Taps,
): Float64Array<ArrayBuffer> {
  const rows = resampleRows(image, vertical);
  return image.channels === 3
    ? resampleRgbColumns(rows, image.widthPx, vertical.length, horizontal)
    : resampleColumns(rows, image, vertical.length, horizontal);
}

function resampleRows({ data, widthPx, channels }: Samples, taps: Taps): Float64Array {
  const rowLength = widthPx * channels;
  const result = new Float64Array(taps.length * rowLength);
  for (let tap = 0; tap < taps.length * taps.count; tap++) {
    const weight = taps.weights[tap] as number;
    if (weight === 0) continue;
    const from = (taps.indices[tap] as number) * rowLength;
    const to = Math.floor(tap / taps.count) * rowLength;
    for (let i = 0; i < rowLength; i++) {
      result[to + i] = (result[to + i] as number) + weight * (data[from + i] as number);
    }
  }
  return result;
}

function resampleColumns(
  rows: Float64Array,
  { widthPx, channels }: Samples,
  heightPx: number,
  { length, count, indices, weights }: Taps,
): Float64Array<ArrayBuffer> {
  const result = new Float64Array(heightPx * length * channels);
  for (let y = 0; y < heightPx; y++) {
    const row = y * widthPx * channels;
    for (let channel = 0; channel < channels; channel++) {
      let to = y * length * channels + channel;
      for (let x = 0; x < length; x++, to += channels) {
        let sum = 0;
        for (let tap = x * count; tap < (x + 1) * count; tap++) {
          const weight = weights[tap] as number;
          if (weight === 0) continue;
          sum += weight * (rows[row + (indices[tap] as number) * channels + channel] as number);
        }
        result[to] = sum;
      }
    }
  }
  return result;
}

/** The same for three channels, four times as fast: every patch of every batch goes through here. */
function resampleRgbColumns(
  rows: Float64Array,
  widthPx: number,
  heightPx: number,
  { length, count, indices, weights }: Taps,
): Float64Array<ArrayBuffer> {
  const result = new Float64Array(heightPx * length * 3);
  for (let y = 0, to = 0; y < heightPx; y++) {
    const row = y * widthPx;
    for (let x = 0; x < length; x++, to += 3) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = x * count; tap < (x + 1) * count; tap++) {
        const weight = weights[tap] as number;
        if (weight === 0) continue;
        const from = (row + (indices[tap] as number)) * 3;
        red += weight * (rows[from] as number);
        green += weight * (rows[from + 1] as number);
        blue += weight * (rows[from + 2] as number);
      }
      result[to] = red;
      result[to + 1] = green;
      result[to + 2] = blue;
    }
  }
  return result;
}

/** To 8 bits: clipped to 0..255, halves rounded to the even neighbour. */
export function toBytes(values: Float64Array): Uint8Array<ArrayBuffer> {
  // Exactly what a store into a clamped array does.
  return new Uint8Array(new Uint8ClampedArray(values).buffer);
}

/** Complex numbers of an image, [heightPx, widthPx]. */
export interface ComplexPlane {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** The largest power of two that is not above the length. */
export function powerOfTwoBelow(length: number): number {
  return 2 ** Math.floor(Math.log2(length));
}

/**
 * Discrete Fourier transform of both axes, in place; both sides are powers of two.
 * @param isInverse divided by the number of pixels, so that it undoes the other
 */
export function transform(plane: ComplexPlane, isInverse = false): void {
  const { widthPx, heightPx, real, imaginary } = plane;
  for (let row = 0; row < heightPx; row++) {
    const line = { real, imaginary, start: row * widthPx, step: 1, length: widthPx };
    transformLine(line, isInverse);
  }
  for (let column = 0; column < widthPx; column++) {
    const line = { real, imaginary, start: column, step: widthPx, length: heightPx };
    transformLine(line, isInverse);
  }
  if (!isInverse) return;
  for (let i = 0; i < real.length; i++) {
    real[i] = (real[i] as number) / real.length;
    imaginary[i] = (imaginary[i] as number) / real.length;
  }
}

interface Line {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** Cooley and Tukey's algorithm, radix 2: numbers in bit-reversed order, then butterflies. */
function transformLine(line: Line, isInverse: boolean): void {
  const { length, start, step } = line;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) swap(line, start + i * step, start + j * step);
  }
  for (let half = 1; half < length; half *= 2) {
    const angle = (isInverse ? Math.PI : -Math.PI) / half;
    for (let k = 0; k < half; k++) {
      const [cosine, sine] = [Math.cos(angle * k), Math.sin(angle * k)];
      for (let i = k; i < length; i += 2 * half) {
        butterfly(line, start + i * step, start + (i + half) * step, cosine, sine);
      }
    }
  }
}

function swap({ real, imaginary }: Line, a: number, b: number): void {
  [real[a], real[b]] = [real[b] as number, real[a] as number];
  [imaginary[a], imaginary[b]] = [imaginary[b] as number, imaginary[a] as number];
}

function butterfly(
  { real, imaginary }: Line,
  a: number,
  b: number,
  cosine: number,
  sine: number,
): void {
  const [x, y] = [real[b] as number, imaginary[b] as number];
  const [turnedReal, turnedImaginary] = [x * cosine - y * sine, x * sine + y * cosine];
  real[b] = (real[a] as number) - turnedReal;
  imaginary[b] = (imaginary[a] as number) - turnedImaginary;
  real[a] = (real[a] as number) + turnedReal;
  imaginary[a] = (imaginary[a] as number) + turnedImaginary;
}

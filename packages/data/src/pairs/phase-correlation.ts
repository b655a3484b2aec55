import { type ComplexPlane, transform } from './fourier.js';

/** Grey values, [heightPx, widthPx]; both sides are powers of two. */
export interface GreyImage {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Float64Array;
}

export interface Shift {
  readonly xPx: number;
  readonly yPx: number;
}

/** Frequencies weaker than that, beside a float64's precision, have no phase worth the name. */
const WEAKEST = 100 * Number.EPSILON;
/** Pixels around the peak that are searched finely. */
const SEARCHED_PX = 1.5;

/**
 * The shift that lays `moving` on `reference`, by phase correlation: the peak of the inverse transform of
 * the cross-power spectrum's phase, then refined by a matrix-multiply transform around it (Guizar-Sicairos
 * et al. 2008). The same as scikit-image's `phase_cross_correlation` with `normalization="phase"`.
 * @param upsample steps per pixel of the refinement; 100 gives hundredths
 * @param highestFrequency in cycles per pixel; by default all count, as in scikit-image
 */
export function phaseCorrelation(
  reference: GreyImage,
  moving: GreyImage,
  upsample: number,
  highestFrequency = Number.POSITIVE_INFINITY,
): Shift {
  const product = crossPowerPhase(reference, moving);
  leaveOutAbove(product, highestFrequency);
  const coarse = coarsePeak(product);
  return refinedPeak(product, coarse, upsample);
}

function spectrum({ widthPx, heightPx, data }: GreyImage): ComplexPlane {
  const plane = {
    widthPx,
    heightPx,
    real: Float64Array.from(data),
    imaginary: new Float64Array(data.length),
  };
  transform(plane);
  return plane;
}

/** Of reference times the conjugate of moving, the phase. */
function crossPowerPhase(reference: GreyImage, moving: GreyImage): ComplexPlane {
  const a = spectrum(reference);
  const b = spectrum(moving);
  for (let i = 0; i < a.real.length; i++) {
    const [ar, ai] = [a.real[i] as number, a.imaginary[i] as number];
    const [br, bi] = [b.real[i] as number, b.imaginary[i] as number];
    const [real, imaginary] = [ar * br + ai * bi, ai * br - ar * bi];
    const strength = Math.max(Math.hypot(real, imaginary), WEAKEST);
    a.real[i] = real / strength;
    a.imaginary[i] = imaginary / strength;
  }
  return a;
}

function leaveOutAbove({ widthPx, heightPx, real, imaginary }: ComplexPlane, highest: number) {
  for (let i = 0; i < real.length; i++) {
    const x = frequencyAt(i % widthPx, widthPx) / widthPx;
    const y = frequencyAt(Math.floor(i / widthPx), heightPx) / heightPx;
    if (Math.hypot(x, y) <= highest) continue;
    real[i] = 0;
    imaginary[i] = 0;
  }
}

/** Of a place in a spectrum, in cycles per image. */
function frequencyAt(k: number, length: number): number {
  return k < length / 2 ? k : k - length;
}

function coarsePeak(product: ComplexPlane): Shift {
  const { widthPx, heightPx } = product;
  const correlation = {
    widthPx,
    heightPx,
    real: product.real.slice(),
    imaginary: product.imaginary.slice(),
  };
  transform(correlation, true);
  const peak = strongest(correlation);
  const signed = (at: number, length: number) => (at > Math.trunc(length / 2) ? at - length : at);
  return {
    xPx: signed(peak % widthPx, widthPx),
    yPx: signed(Math.floor(peak / widthPx), heightPx),
  };
}

function refinedPeak(product: ComplexPlane, coarse: Shift, upsample: number): Shift {
  const count = Math.ceil(SEARCHED_PX * upsample);
  const middle = Math.trunc(count / 2);
  const positions = (center: number) =>
    Float64Array.from({ length: count }, (_, i) => center + (i - middle) / upsample);
  const xs = positions(coarse.xPx);
  const ys = positions(coarse.yPx);
  const peak = strongest(correlationAt(product, xs, ys));
  return {
    xPx: xs[peak % count] as number,
    yPx: ys[Math.floor(peak / count)] as number,
  };
}

/** The inverse transform at any positions: rows first, then columns. Not divided: only its peak counts. */
function correlationAt(product: ComplexPlane, xs: Float64Array, ys: Float64Array): ComplexPlane {
  const rows = turn(product, waves(xs, product.widthPx));
  return turn(rows, waves(ys, product.heightPx));
}

/** exp(2 pi i f x / length), [positions, frequencies]. */
function waves(positions: Float64Array, length: number): ComplexPlane {
  const real = new Float64Array(positions.length * length);
  const imaginary = new Float64Array(real.length);
  positions.forEach((position, row) => {
    for (let k = 0; k < length; k++) {
      const angle = (2 * Math.PI * frequencyAt(k, length) * position) / length;
      real[row * length + k] = Math.cos(angle);
      imaginary[row * length + k] = Math.sin(angle);
    }
  });
  return { widthPx: length, heightPx: positions.length, real, imaginary };
}

/** Waves [positions, columns] times a plane [rows, columns], transposed: [positions, rows]. */
function turn(plane: ComplexPlane, wave: ComplexPlane): ComplexPlane {
  const length = plane.widthPx;
  const real = new Float64Array(wave.heightPx * plane.heightPx);
  const imaginary = new Float64Array(real.length);
  for (let position = 0; position < wave.heightPx; position++) {
    for (let row = 0; row < plane.heightPx; row++) {
      let sumReal = 0;
      let sumImaginary = 0;
      for (let k = 0; k < length; k++) {
        const [wr, wi] = [
          wave.real[position * length + k] as number,
          wave.imaginary[position * length + k] as number,
        ];
        const [pr, pi] = [
          plane.real[row * length + k] as number,
          plane.imaginary[row * length + k] as number,
        ];
        sumReal += wr * pr - wi * pi;
        sumImaginary += wr * pi + wi * pr;
      }
      real[position * plane.heightPx + row] = sumReal;
      imaginary[position * plane.heightPx + row] = sumImaginary;
    }
  }
  return { widthPx: plane.heightPx, heightPx: wave.heightPx, real, imaginary };
}

function strongest({ real, imaginary }: ComplexPlane): number {
  let best = 0;
  let most = -1;
  for (let i = 0; i < real.length; i++) {
    const strength = (real[i] as number) ** 2 + (imaginary[i] as number) ** 2;
    if (strength > most) [best, most] = [i, strength];
  }
  return best;
}

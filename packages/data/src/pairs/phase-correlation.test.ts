import { readFileSync } from 'node:fs';
import { phaseCorrelation } from './phase-correlation.js';
import { transform } from './fourier.js';

interface Case {
  readonly widthPx: number;
  readonly heightPx: number;
  /** 8-bit pixels in base64. */
  readonly reference: string;
  readonly moving: string;
  readonly shift: { readonly xPx: number; readonly yPx: number };
}

const file = new URL('../../golden/phase_correlation.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };

test.each(cases)('the shift that scikit-image finds: $shift', (one) => {
  const { widthPx, heightPx } = one;
  const grey = (text: string) => ({
    widthPx,
    heightPx,
    data: Float64Array.from(Buffer.from(text, 'base64')),
  });
  const found = phaseCorrelation(grey(one.reference), grey(one.moving), 100);
  expect(found.xPx).toBeCloseTo(one.shift.xPx, 9);
  expect(found.yPx).toBeCloseTo(one.shift.yPx, 9);
});

test('the transform is the discrete Fourier transform, and its inverse undoes it', () => {
  const [widthPx, heightPx] = [8, 4];
  const values = Float64Array.from({ length: 32 }, (_, i) => (i * i * 7) % 31);
  const plane = { widthPx, heightPx, real: values.slice(), imaginary: new Float64Array(32) };
  transform(plane);
  let [real, imaginary] = [0, 0];
  values.forEach((value, i) => {
    const angle = -2 * Math.PI * ((3 * (i % 8)) / 8 + (1 * Math.floor(i / 8)) / 4);
    real += value * Math.cos(angle);
    imaginary += value * Math.sin(angle);
  });
  expect(plane.real[8 + 3]).toBeCloseTo(real, 9);
  expect(plane.imaginary[8 + 3]).toBeCloseTo(imaginary, 9);
  transform(plane, true);
  plane.real.forEach((value, i) => expect(value).toBeCloseTo(values[i] as number, 9));
});

import { readFileSync } from 'node:fs';
import { unevenBytes } from '../testing/temporary-folder.js';
import { convolve, convolveLines } from './convolve.js';
import {
  diskKernel,
  diskOverlap,
  gaussianKernel,
  gaussianLine,
  type GaussianShape,
} from './kernels.js';

interface Case {
  readonly shape: GaussianShape;
  readonly kernel: readonly number[];
  readonly blurred: readonly number[];
}

const golden = new URL('../../golden/degradation.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { cases: readonly Case[] };

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

test.each(cases)("the Gaussian $shape is Real-ESRGAN's to 1e-12", ({ shape, kernel }) => {
  expect(largestDifference(gaussianKernel(shape).weights, kernel)).toBeLessThan(1e-12);
});

test.each(cases)('blurring with $shape is scipy.ndimage to 1e-8 levels', ({ shape, blurred }) => {
  const image = { widthPx: 9, heightPx: 7, data: Float64Array.from(unevenBytes(9 * 7 * 3)) };
  const { data } = convolve(image, gaussianKernel(shape));
  expect(largestDifference(data, blurred)).toBeLessThan(1e-8);
});

test.each([0.2, 0.7, 1.2, 3, 7.5])(
  'a round Gaussian of %d is the product of its lines',
  (sigma) => {
    const { radius, line } = gaussianLine(sigma);
    const { weights } = gaussianKernel({ sigmaX: sigma, sigmaY: sigma, angle: 0 });
    const product = [...line].flatMap((row) => [...line].map((column) => row * column));
    expect(largestDifference(product, weights)).toBeLessThan(1e-15);
    const image = { widthPx: 9, heightPx: 7, data: Float64Array.from(unevenBytes(9 * 7 * 3)) };
    const { data } = convolve(image, { radius, weights });
    expect(largestDifference(convolveLines(image, { radius, line }).data, data)).toBeLessThan(
      1e-10,
    );
  },
);

test.each([0.3, 0.5, 0.9, 1, 2.37, 3, 7.5])('a disk of radius %d covers its area', (radius) => {
  let area = 0;
  const reach = Math.ceil(radius) + 1;
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const overlap = diskOverlap(x, y, radius);
      expect(overlap).toBeGreaterThanOrEqual(-1e-12);
      expect(overlap).toBeLessThanOrEqual(1 + 1e-12);
      area += overlap;
    }
  }
  expect(area).toBeCloseTo(Math.PI * radius * radius, 10);
  const kernel = diskKernel(radius);
  expect(sum(kernel.weights)).toBeCloseTo(1, 12);
  // Nothing of the disk lies outside of the kernel.
  const middle = kernel.weights[(kernel.weights.length - 1) / 2] as number;
  expect(middle).toBeCloseTo(diskOverlap(0, 0, radius) / (Math.PI * radius * radius), 12);
});

test('a pixel on the edge of the disk counts by the share that is covered', () => {
  // The chord at x = 1.5 of a disk of radius 2, integrated over 100000 strips.
  let expected = 0;
  for (let i = 0; i < 1e5; i++) {
    const x = 1.5 + (i + 0.5) / 1e5;
    expected += Math.min(0.5, Math.sqrt(Math.max(0, 4 - x * x))) / 1e5;
  }
  expect(diskOverlap(2, 0, 2)).toBeCloseTo(2 * expected, 6);
  expect(diskOverlap(0, -2, 2)).toBeCloseTo(2 * expected, 6);
  expect(diskOverlap(3, 0, 2)).toBeCloseTo(0, 12);
});

test('a disk below half a pixel leaves the image as it is', () => {
  const image = { widthPx: 4, heightPx: 5, data: Float64Array.from(unevenBytes(60)) };
  expect(convolve(image, diskKernel(0.4)).data).toEqual(image.data);
});

test('the first deviation of a Gaussian lies along its angle, rows counting downwards', () => {
  const { radius, weights } = gaussianKernel({ sigmaX: 3, sigmaY: 0.5, angle: Math.PI / 4 });
  const side = 2 * radius + 1;
  const at = (x: number, y: number) => weights[(y + radius) * side + x + radius] as number;
  expect(at(3, 3)).toBeGreaterThan(100 * at(3, -3));
});

import { readFileSync } from 'node:fs';
import { measure } from './evaluator.js';
import { toPlanes } from './planes.js';
import { psnrDb } from './psnr.js';
import { gaussianWindow, ssim } from './ssim.js';

const bytes = readFileSync(new URL('../../golden/pair.safetensors', import.meta.url));
const dataStart = 8 + Number(bytes.readBigUInt64LE(0));
const header = JSON.parse(bytes.subarray(8, dataStart).toString()) as Record<
  string,
  { data_offsets: [number, number] }
>;

function part(name: string): Buffer {
  const [begin, end] = (header[name] as { data_offsets: [number, number] }).data_offsets;
  return Buffer.from(bytes.subarray(dataStart + begin, dataStart + end));
}

const image = (name: string) => ({ widthPx: 47, heightPx: 33, data: new Uint8Array(part(name)) });
const a = image('a');
const b = image('b');

// BasicSR's values, see golden/README.md.
test.each([
  ['rgb', 0, 26.79778976337639, 0.9869553392008497],
  ['y', 0, 31.72361920611721, 0.9870090635778725],
  ['rgb', 4, 26.76380385865183, 0.9872144063321899],
  ['y', 4, 31.474677472414243, 0.9875317589536753],
] as const)('%s with %i px left out', (color, cropPx, psnr, similarity) => {
  const values = measure(a, b, ['psnr', 'ssim'], { color, cropPx, rounding: 'uint8' });
  expect(values.psnrDb).toBeCloseTo(psnr, 5);
  expect(values.ssim).toBeCloseTo(similarity, 7);
});

test('luma is that of BasicSR', () => {
  const expected = new Float32Array(new Uint8Array(part('y_of_a')).buffer);
  const [luma] = toPlanes(a, { color: 'y', cropPx: 0, rounding: 'uint8' });
  luma?.data.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(3e-5);
  });
});

test('the window is that of the reference', () => {
  const expected = new Float64Array(new Uint8Array(part('gaussian_11_1.5')).buffer);
  gaussianWindow().forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 14));
});

test('identical images: SSIM 1, PSNR the stated 100 dB', () => {
  const planes = toPlanes(a, { color: 'rgb', cropPx: 0, rounding: 'uint8' });
  expect(ssim(planes, planes)).toBe(1);
  expect(psnrDb(planes, planes)).toBe(100);
});

test('only the metrics asked for are computed', () => {
  const protocol = { color: 'rgb', cropPx: 0, rounding: 'uint8' } as const;
  expect(Object.keys(measure(a, b, ['ssim'], protocol))).toEqual(['ssim']);
});

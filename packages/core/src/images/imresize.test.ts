import { readFileSync } from 'node:fs';
import { readSafetensors, type SafeTensor } from '../run/safetensors.js';
import { imresize, resizeBicubic } from './imresize.js';

function golden(file: string): ReadonlyMap<string, SafeTensor> {
  const url = new URL(`../../golden/${file}`, import.meta.url);
  return readSafetensors(readFileSync(url), file).tensors;
}

const ramp = golden('pair.safetensors').get('ramp_in') as SafeTensor;
const resized = golden('ramp_imresize.safetensors');

// The reference computes its weights in float32: thirds of a pixel at position 24 are good to 2e-6.
test.each([
  ['down_x2', 1 / 2, 5e-7],
  ['down_x3', 1 / 3, 5e-7],
  ['down_x4', 1 / 4, 5e-7],
  ['up_x2', 2, 5e-7],
  ['up_x3', 3, 3e-6],
])('%s is that of the reference implementation', (name, scale, tolerance) => {
  const expected = resized.get(name) as SafeTensor;
  const image = imresize({ data: ramp.data, heightPx: 24, widthPx: 18, channels: 3 }, scale);
  expect([image.heightPx, image.widthPx, image.channels]).toEqual(expected.shape);
  const largest = image.data.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - (expected.data[i] as number))),
    0,
  );
  expect(largest).toBeLessThan(tolerance);
});

test('any number of channels is resized as each alone', () => {
  const plane = (channel: number) =>
    Float32Array.from(ramp.data).filter((_, i) => i % 3 === channel);
  const size = { heightPx: 24, widthPx: 18 };
  const together = imresize({ data: ramp.data, ...size, channels: 3 }, 1 / 3);
  for (const channel of [0, 1, 2]) {
    const alone = imresize({ data: plane(channel), ...size, channels: 1 }, 1 / 3);
    expect([...together.data.filter((_, i) => i % 3 === channel)]).toEqual([...alone.data]);
  }
});

test('one image after another of another size gets its own weights', () => {
  const constant = (widthPx: number) => ({
    data: new Float64Array(widthPx * 7).fill(0.25),
    heightPx: 7,
    widthPx,
    channels: 1,
  });
  for (const width of [9, 30, 9]) {
    const image = imresize(constant(width), 1 / 3);
    expect([image.heightPx, image.widthPx]).toEqual([3, width / 3]);
    for (const value of image.data) expect(value).toBeCloseTo(0.25, 12);
  }
});

test('an image smaller than the kernel is mirrored more than once', () => {
  const image = imresize({ data: Float64Array.of(3), heightPx: 1, widthPx: 1, channels: 1 }, 1 / 4);
  expect(image.data[0]).toBeCloseTo(3, 12);
});

test('an 8-bit image is clipped where the kernel overshoots', () => {
  // A step from 0 to 255 doubled: Keys' kernel goes 7 % beyond on both sides.
  const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i % 24 < 12 ? 0 : 255));
  const { data: doubled, widthPx, heightPx } = resizeBicubic({ widthPx: 8, heightPx: 8, data }, 2);
  expect([widthPx, heightPx]).toEqual([16, 16]);
  const row = Array.from({ length: 16 }, (_, x) => doubled[x * 3]);
  expect(row.slice(0, 7)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  // Between the two at a quarter of a pixel: 0.2265625 of the step, see the weights of the kernel.
  expect(row.slice(7, 9)).toEqual([52, 203]);
  expect(row.slice(9)).toEqual([255, 255, 255, 255, 255, 255, 255]);
});

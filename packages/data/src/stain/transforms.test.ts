import { createRgbImage, randomStream, type RgbImage } from '@mmsr/core';
import { goldenImage } from '../testing/stain-golden.js';
import { jitterStains } from './jitter.js';
import { macenko } from './separation.js';
import { applyTransforms, type StainTransform, type Target, targetOf } from './transforms.js';

const METHODS = ['macenko', 'vahadane', 'reinhard'] as const;
const JITTERS = ['hed', ...METHODS] as const;

const source = await goldenImage('source');
const reference = await goldenImage('reference');
const random = (slot = 0) => randomStream(1, 'stain', 2, slot);

const normalize = (method: (typeof METHODS)[number]): StainTransform => ({
  name: 'stain-normalize',
  target: targetOf(reference, method) as Target,
});

const jitter = (method: (typeof JITTERS)[number], sigma = 0.1): StainTransform => ({
  name: 'stain-jitter',
  method,
  sigma,
});

const apply = (transforms: readonly StainTransform[], hr: RgbImage, slot = 0) =>
  applyTransforms(transforms, { hr }, random(slot)).hr;

function meanColour({ data }: RgbImage): number[] {
  return [0, 1, 2].map(
    (k) => data.reduce((sum, value, i) => (i % 3 === k ? sum + value : sum), 0) / (data.length / 3),
  );
}

function distance(a: RgbImage, b: RgbImage): number {
  const [first, second] = [meanColour(a), meanColour(b)];
  return Math.hypot(...first.map((value, k) => value - (second[k] as number)));
}

test.each(METHODS)('the same tissue, stained paler, is brought nearer by %s', (method) => {
  const shifts = [
    { scale: -0.3, shift: 0 },
    { scale: -0.3, shift: 0 },
  ];
  const stained = jitterStains(reference, macenko, shifts)?.(reference) as RgbImage;
  expect(distance(stained, reference)).toBeGreaterThan(10);
  const normalised = apply([normalize(method)], stained);
  expect(distance(normalised, reference)).toBeLessThan(0.5 * distance(stained, reference));
});

test.each(METHODS)(
  'the reference normalised to itself by %s stays, but for its noise',
  (method) => {
    const { data } = apply([normalize(method)], reference);
    const off = data.map((value, i) => Math.abs(value - (reference.data[i] as number)));
    expect(off.reduce((sum, value) => sum + value, 0) / off.length).toBeLessThan(6);
  },
);

test.each(JITTERS)(
  'jitter by %s: other colours per patch, the same for the same patch',
  (method) => {
    const first = apply([jitter(method)], source);
    expect(first).not.toEqual(source);
    expect(apply([jitter(method)], source)).toEqual(first);
    expect(apply([jitter(method)], source, 1)).not.toEqual(first);
  },
);

test.each(JITTERS)('jitter by %s is as strong as sigma, and nearly nothing near 0', (method) => {
  const change = (sigma: number) => {
    let sum = 0;
    for (let slot = 0; slot < 6; slot++) {
      sum += distance(apply([jitter(method, sigma)], source, slot), source);
    }
    return sum;
  };
  expect(apply([jitter(method, 1e-6)], source)).toEqual(source);
  expect(change(0.2)).toBeGreaterThan(2 * change(0.05));
});

test('transforms are done in their order', () => {
  const [first, second] = [normalize('reinhard'), jitter('hed', 0.3)];
  expect(apply([first, second], source)).toEqual(apply([second], apply([first], source)));
  expect(apply([first, second], source)).not.toEqual(apply([second, first], source));
});

test('what a transform draws does not depend on whether the one before found stains', () => {
  const glass = createRgbImage(16, 16);
  glass.data.fill(243);
  const both = apply([jitter('macenko'), jitter('hed')], glass);
  const stream = random();
  for (let i = 0; i < 6; i++) stream.uniform();
  expect(both).toEqual(applyTransforms([jitter('hed')], { hr: glass }, stream).hr);
});

test.each([
  ...METHODS.map((method): [string, StainTransform] => [`normalize ${method}`, normalize(method)]),
  ...JITTERS.map((method): [string, StainTransform] => [`jitter ${method}`, jitter(method)]),
])('%s: LR gets what HR gets, pixel by pixel', (_name, transform) => {
  // An LR image that has every fourth pixel of HR gets every fourth pixel of the changed HR.
  const every = 4;
  const thinned = ({ data }: RgbImage): RgbImage => ({
    widthPx: 16,
    heightPx: 64,
    data: data.filter((_, i) => Math.floor(i / 3) % every === 0),
  });
  const { hr, lr } = applyTransforms([transform], { hr: source, lr: thinned(source) }, random());
  expect(lr).toEqual(thinned(hr));
  expect(lr).not.toEqual(thinned(source));
});

/** Pixels of a colour, each channel off by up to `spread`; after `tissuePx` pixels of the golden image. */
function field(colour: readonly number[], spread: number, tissuePx = 0): RgbImage {
  const stream = randomStream(9, 'test');
  const image = createRgbImage(32, 32);
  for (let i = 0; i < image.data.length; i++) {
    const noise = Math.round(spread * (2 * stream.uniform() - 1));
    image.data[i] =
      i < 3 * tissuePx ? (source.data[i] as number) : (colour[i % 3] as number) + noise;
  }
  return image;
}

const BLANK: [string, RgbImage][] = [
  ['black', field([0, 0, 0], 0)],
  ['white', field([255, 255, 255], 0)],
  ['glass with noise', field([243, 241, 244], 6)],
  ['glass with a crumb of tissue', field([243, 241, 244], 3, 40)],
  ['one colour', field([150, 90, 160], 0)],
];

describe.each(BLANK)('an image without tissue, %s,', (_name, image) => {
  test.each(METHODS)('is left as it is by %s', (method) => {
    expect(apply([normalize(method)], image)).toEqual(image);
    expect(apply([jitter(method)], image)).toEqual(image);
  });

  test.each(METHODS)('is no reference for %s', (method) => {
    expect(targetOf(image, method)).toBeUndefined();
  });
});

test.each(METHODS)('an image of one stain with noise is not torn apart by %s', (method) => {
  // Eosin alone: a stain that is not there must not be made of noise.
  const pink = field([215, 150, 190], 4);
  const { data } = apply([normalize(method)], pink);
  const means = meanColour(pink);
  const spread = Math.sqrt(
    data.reduce((sum, v, i) => sum + (v - (meanColour({ ...pink, data })[i % 3] ?? 0)) ** 2, 0) /
      data.length,
  );
  expect(means[0]).toBeGreaterThan(200);
  expect(spread).toBeLessThan(60);
});

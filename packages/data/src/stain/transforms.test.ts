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

test('jitter by hed keeps the other channels of a pixel that has none of one colour', () => {
  const image = field([200, 0, 150], 0);
  const [red, green, blue] = apply([jitter('hed', 0.02)], image).data;
  expect(green).toBe(0);
  expect(Math.abs((red as number) - 200)).toBeLessThan(60);
  expect(Math.abs((blue as number) - 150)).toBeLessThan(60);
});

test.each(BLANK)('jitter by hed of %s is no stronger than sigma allows', (_name, image) => {
  // A channel's density changes by at most sigma x (amount + 1) of the three stains, whose parts in it
  // are at most 0.99, 0.7 and 0.57; clear glass has amounts of about 0.
  const { data } = apply([jitter('hed', 0.05)], image);
  const most = Math.exp(0.05 * (0.99 + 0.7 + 0.57) * 1.5);
  image.data.forEach((value, i) => {
    if (value > 150) expect(value / (data[i] as number)).toBeLessThan(most);
    if (value === 0) expect(data[i]).toBe(0);
  });
});

describe('a patch of which 7 % are dense enough to count as tissue', () => {
  const tissuePx = 500;
  const image = field([243, 241, 244], 3, tissuePx);
  const glassOf = ({ data }: RgbImage) => data.subarray(3 * tissuePx);

  test.each(['macenko', 'vahadane'] as const)('keeps clear glass with %s', (method) => {
    const normalised = apply([normalize(method)], image);
    expect(normalised).not.toEqual(image);
    expect(Math.min(...glassOf(normalised))).toBeGreaterThan(200);
    expect(Math.min(...glassOf(apply([jitter(method, 0.2)], image)))).toBeGreaterThan(150);
  });

  test('has its glass coloured by reinhard, which moves all pixels alike', () => {
    expect(Math.min(...glassOf(apply([normalize('reinhard')], image)))).toBeLessThan(200);
  });
});

/** Images that have no stains, or hardly any, of a kind that depends on the number. */
function oddImage(number: number): RgbImage {
  const stream = randomStream(number, 'test');
  const colours = Array.from({ length: 1 + (number % 4) }, () =>
    [0, 1, 2].map(() => stream.integer(256)),
  );
  const spread = number % 3 === 0 ? 0 : stream.integer(20);
  const image = createRgbImage(16, 16);
  for (let i = 0; i < image.data.length; i++) {
    const pixel = Math.floor(i / 3);
    const colour =
      colours[number % 2 === 0 ? pixel % colours.length : Math.min(pixel, colours.length - 1)];
    const noise = Math.round(spread * (2 * stream.uniform() - 1));
    image.data[i] = Math.min(255, Math.max(0, (colour?.[i % 3] as number) + noise));
  }
  return image;
}

test('no image gives stains or statistics that are not numbers', () => {
  const found = { macenko: 0, vahadane: 0, reinhard: 0 };
  for (let number = 0; number < 150; number++) {
    const image = oddImage(number);
    for (const method of METHODS) {
      const target = targetOf(image, method);
      if (target === undefined) continue;
      found[method]++;
      const numbers =
        target.method === 'reinhard'
          ? [...target.statistics.means, ...target.statistics.deviations]
          : [...target.staining.vectors.flat(), ...target.staining.maxima];
      expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
      // Not a number would be stored as black.
      const { data } = apply([normalize(method)], image);
      if (method !== 'reinhard' && Math.min(...image.data) > 60) {
        expect(Math.min(...data)).toBeGreaterThan(0);
      }
    }
  }
  for (const method of METHODS) expect(found[method]).toBeGreaterThan(20);
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

import { createRgbImage, randomStream } from '@mmsr/core';
import { drawDegradation, type Drawn } from './blur-noise-jpeg.js';
import { throughJpeg } from './jpeg.js';

type Options = Parameters<typeof drawDegradation>[0];

const OPTIONS: Options = {
  order: ['blur', 'shrink', 'noise', 'jpeg'],
  shuffle: false,
  shrink: 'bicubic',
  sigmaPx: [0.5, 2],
  anisotropic: 0.3,
  sensorNoise: [1, 4],
  shotNoise: [0.1, 0.9],
  greyNoise: 0.6,
  jpegQuality: [30, 95],
};

const COUNT = 2000;

function draws(changes: Partial<Options> = {}): Drawn[] {
  return Array.from({ length: COUNT }, (_, slot) =>
    drawDegradation({ ...OPTIONS, ...changes }, randomStream(1, 'degradation', 0, slot)),
  );
}

const shareOf = (all: readonly Drawn[], is: (drawn: Drawn) => boolean) =>
  all.filter(is).length / COUNT;

test('anisotropic and greyNoise are how often it is so', () => {
  // Five standard errors of a share are at most 0.056.
  const isRound = ({ sigmaX, sigmaY, angle }: Drawn) => sigmaX === sigmaY && angle === 0;
  expect(Math.abs(shareOf(draws(), isRound) - 0.7)).toBeLessThan(0.055);
  expect(shareOf(draws({ anisotropic: 0 }), isRound)).toBe(1);
  expect(shareOf(draws({ anisotropic: 1 }), isRound)).toBe(0);
  expect(Math.abs(shareOf(draws(), ({ isGrey }) => isGrey) - 0.6)).toBeLessThan(0.055);
  expect(shareOf(draws({ greyNoise: 0 }), ({ isGrey }) => isGrey)).toBe(0);
});

test('every direction is as likely', () => {
  const angles = draws({ anisotropic: 1 }).map(({ angle }) => angle);
  for (let quarter = 0; quarter < 4; quarter++) {
    const [low, high] = [(quarter * Math.PI) / 4, ((quarter + 1) * Math.PI) / 4];
    const share = angles.filter((angle) => angle >= low && angle < high).length / COUNT;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.05);
  }
});

test.each([
  ['sigmaX', [0.5, 2]],
  ['sigmaY', [0.5, 2]],
  ['sensorLevels', [1, 4]],
  ['shot', [0.1, 0.9]],
  ['quality', [30, 95]],
] as const)('%s is drawn from its whole range', (key, [low, high]) => {
  const values = draws({ anisotropic: 1 }).map((drawn) => drawn[key]);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
  expect(Math.max(...values)).toBeLessThanOrEqual(high);
  const mean = values.reduce((sum, value) => sum + value, 0) / COUNT;
  expect(Math.abs((mean - low) / (high - low) - 0.5)).toBeLessThan(0.033);
  expect(Math.min(...values)).toBeLessThan(low + 0.02 * (high - low));
  expect(Math.max(...values)).toBeGreaterThan(high - 0.02 * (high - low));
});

test('shuffled, each of the stages asked for comes first as often, and none else is done', () => {
  const order = ['shrink', 'noise', 'jpeg'] as const;
  const shuffled = draws({ order: [...order], shuffle: true });
  for (const stage of order) {
    expect(Math.abs(shareOf(shuffled, (drawn) => drawn.order[0] === stage) - 1 / 3)).toBeLessThan(
      0.053,
    );
  }
  for (const drawn of shuffled) expect([...drawn.order].sort()).toEqual([...order].sort());
  expect(
    shareOf(draws({ order: [...order] }), (drawn) => drawn.order.join() === order.join()),
  ).toBe(1);
});

test('an option changes nothing that is drawn for the others', () => {
  const [usual] = draws() as [Drawn];
  const [other] = draws({ anisotropic: 1, sensorNoise: [0, 0], jpegQuality: [80, 80] }) as [Drawn];
  expect(other).toMatchObject({ sigmaX: usual.sigmaX, shot: usual.shot, isGrey: usual.isGrey });
});

test('JPEG keeps the brightness of each pixel, and one colour for two of them', async () => {
  const columns = (even: readonly number[], odd: readonly number[]) => {
    const image = createRgbImage(32, 32);
    image.data.forEach((_, i) => {
      image.data[i] = (Math.floor(i / 3) % 2 === 0 ? even : odd)[i % 3] as number;
    });
    return throughJpeg(image, 100);
  };
  // The pixel of row 16 and column 16, and the one after it.
  const at = 3 * (16 * 32 + 16);
  const grey = (await columns([90, 90, 90], [160, 160, 160])).data;
  expect(Math.abs((grey[at] as number) - 90)).toBeLessThan(3);
  expect(Math.abs((grey[at + 3] as number) - 160)).toBeLessThan(3);
  // Two colours of one brightness: 0.299 R + 0.587 G + 0.114 B is 100 of both.
  const coloured = (await columns([160, 76, 66], [60, 113, 135])).data;
  for (const k of [0, 1, 2]) {
    const difference = (coloured[at + k] as number) - (coloured[at + 3 + k] as number);
    expect(Math.abs(difference)).toBeLessThan(8);
  }
});

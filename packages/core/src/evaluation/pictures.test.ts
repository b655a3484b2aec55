import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRgbImage, type RgbImage } from '../images/rgb-image.js';
import type { EvaluatedImage } from './evaluator.js';
import { PictureKeeper, sideBySide } from './pictures.js';

function filled(sidePx: number, value: number): RgbImage {
  const image = createRgbImage(sidePx, sidePx);
  image.data.fill(value);
  return image;
}

function evaluated(magnification: number, sidePx = 200): EvaluatedImage {
  const sample = { lr: filled(sidePx / 2, 10), hr: filled(sidePx, 40), magnification };
  const result = { psnrDb: 31.25, bicubic: { psnrDb: 30 } };
  return { sample, result, bicubic: filled(sidePx, 20), sr: filled(sidePx, 30) } as EvaluatedImage;
}

const pixel = (image: RgbImage, x: number, y: number) => image.data[(y * image.widthPx + x) * 3];

test('LR, bicubic, SR and HR stand beside each other at one size', () => {
  const sheet = sideBySide(evaluated(20));
  expect([sheet.widthPx, sheet.heightPx]).toEqual([4 * 200 + 5 * 6, 200 + 11 + 12]);
  expect([0, 1, 2, 3].map((i) => pixel(sheet, 6 + i * 206 + 100, 120))).toEqual([10, 20, 30, 40]);
  expect(pixel(sheet, 3, 120)).toBe(255);
});

test('small images are enlarged', () => {
  expect(sideBySide(evaluated(20, 50)).widthPx).toBe(4 * 200 + 30);
});

test('labels are drawn above the panels', () => {
  const sheet = sideBySide(evaluated(20));
  const inkOf = (panel: number) => {
    let ink = 0;
    for (let y = 6; y < 13; y++) {
      for (let x = 0; x < 200; x++) if (pixel(sheet, 6 + panel * 206 + x, y) === 0) ink++;
    }
    return ink;
  };
  expect(inkOf(0)).toBeGreaterThan(15);
  // 'bicubic 30.00 dB' has far more than 'HR'.
  expect(inkOf(1)).toBeGreaterThan(3 * inkOf(3));
});

test('keeps so many of each magnification, and the four images and the error map alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mmsr-pictures-'));
  const written: string[] = [];
  const write = async (path: string) => {
    written.push(path.slice(folder.length + 1));
  };
  const keeper = new PictureKeeper(folder, 1, write);
  const kept = [];
  for (const magnification of [20, 20, 10])
    kept.push(await keeper.keepFirst(evaluated(magnification)));
  kept.push(await keeper.keep(evaluated(10), 'best'));
  expect(kept).toEqual(['20x-1.png', undefined, '10x-1.png', '10x-best.png']);
  expect(written.slice(0, 6)).toEqual(
    ['lr', 'bicubic', 'sr', 'hr', 'error']
      .map((name) => join('20x-1', `${name}.png`))
      .concat('20x-1.png'),
  );
  expect((await readdir(folder)).sort()).toEqual(['10x-1', '10x-best', '20x-1']);
  await rm(folder, { recursive: true });
});

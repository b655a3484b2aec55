import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomStream, resizeBicubic, type RgbImage, shrinkByArea } from '@mmsr/core';
import { writePng } from '@mmsr/data';

const TISSUE_PX = 8;

/** Blobs of about 8 pixels that no other name has. */
function field(name: string, sidePx: number): RgbImage {
  const small = sidePx / TISSUE_PX;
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1e6, 7);
  const random = randomStream(seed, 'guide', 0, 0);
  const data = Uint8Array.from({ length: small * small * 3 }, () => random.integer(256));
  return resizeBicubic({ widthPx: small, heightPx: small, data }, TISSUE_PX);
}

async function write(folder: string, path: string, image: RgbImage): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writePng(join(folder, path), image);
}

const two = (number: number) => String(number).padStart(2, '0');
const patients = (count: number) => Array.from({ length: count }, (_, i) => two(i + 1));

async function writeFields(folder: string, paths: readonly string[], sidePx: number) {
  for (const path of paths) await write(folder, path, field(path, sidePx));
}

const PAIR_PX = 192;
const MARGIN_PX = 8;

/** Square part of a field, so many pixels from its left and upper edge. */
function part({ widthPx, data }: RgbImage, x: number, y: number): RgbImage {
  const rows = Array.from({ length: PAIR_PX }, (_, row) => {
    const start = ((y + row) * widthPx + x) * 3;
    return [...data.subarray(start, start + PAIR_PX * 3)];
  });
  return { widthPx: PAIR_PX, heightPx: PAIR_PX, data: Uint8Array.from(rows.flat()) };
}

/** The LR image was taken `rightPx` HR pixels further right. */
async function writePair(folder: string, hr: string, lr: string, rightPx = 0): Promise<void> {
  const whole = field(hr, PAIR_PX + 2 * MARGIN_PX);
  await write(folder, hr, part(whole, MARGIN_PX, MARGIN_PX));
  await write(folder, lr, shrinkByArea(part(whole, MARGIN_PX + rightPx, MARGIN_PX), 2));
}

/** Small files as the data guide has them, by the name of its experiment. */
export const GUIDE_FILES: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  'by-folder': async (folder) => {
    const of = (patient: string) => [
      `fields/40x/patient-${patient}-a.png`,
      `fields/20x/patient-${patient}-b.png`,
    ];
    await writeFields(folder, patients(10).flatMap(of), 256);
  },
  'by-name': async (folder) => {
    const of = (patient: string) => [
      `images/P${patient}_20x_003.png`,
      `images/P${patient}_10x_004.png`,
    ];
    await writeFields(folder, patients(5).flatMap(of), 128);
  },
  'pairs-in-folders': async (folder) => {
    for (const patient of patients(4)) {
      const split = patient === '04' ? 'test' : 'train';
      const path = `P${patient}/field-1.png`;
      const [hr, lr] = [`pairs/${split}/hr/${path}`, `pairs/${split}/lr/${path}`];
      await writePair(folder, hr, lr, patient === '02' ? 4 : 0);
    }
  },
  'two-magnifications': async (folder) => {
    for (const patient of patients(5)) {
      const path = `fields/P${patient}-1`;
      await writePair(folder, `${path}-40x.png`, `${path}-20x.png`);
    }
  },
  breakhis: async (folder) => {
    const of = (patient: string) =>
      [40, 100, 200, 400].map(
        (magnification) =>
          'BreaKHis_v1/histology_slides/breast/benign/SOB/adenosis/' +
          `SOB_B_A_14-225${patient}AB/${magnification}X/SOB_B_A-14-225${patient}AB-${magnification}-001.png`,
      );
    await writeFields(folder, patients(10).flatMap(of), 384);
  },
};

export const GUIDE = await readFile(new URL('../../docs/data-guide.md', import.meta.url), 'utf8');

/** Every block of YAML in the guide: each is an experiment. */
export const GUIDE_EXPERIMENTS = [...GUIDE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, text = '']) => ({ name: /^name: (.+)$/m.exec(text)?.[1] ?? '', text }),
);

/** Writes an experiment and its files, and gives the name of its file. */
export async function writeGuide(
  folder: string,
  { name, text }: (typeof GUIDE_EXPERIMENTS)[number],
): Promise<string> {
  await GUIDE_FILES[name]?.(folder);
  await writeFile(join(folder, 'exp.yaml'), text);
  return 'exp.yaml';
}

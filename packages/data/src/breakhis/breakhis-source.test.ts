import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MmsrError } from '@mmsr/core';
import { InputError } from '@mmsr/core';
import sharp from 'sharp';
import { noRoomProblem } from '../patches/room.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { type BreakhisOptions, breakhisSource, openBreakhis } from './breakhis-source.js';

const folder = temporaryFolder();
const breast = 'BreaKHis_v1/histology_slides/breast';
const adenosis = `${breast}/benign/SOB/adenosis/SOB_B_A_14-22549AB`;
const FILES = [
  `${adenosis}/400X/SOB_B_A-14-22549AB-400-012.png`,
  `${adenosis}/40X/SOB_B_A-14-22549AB-40-001.png`,
  `${breast}/malignant/SOB/ductal_carcinoma/SOB_M_DC_14-2523/100X/SOB_M_DC-14-2523-100-010.png`,
];
const all: BreakhisOptions = {
  path: 'BreaKHis_v1',
  magnifications: [40, 100, 200, 400],
  classes: ['benign', 'malignant'],
  shrink: false,
};

async function write(name: string): Promise<void> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const create = { width: 70, height: 46, channels: 3, background: '#c8a' } as const;
  await sharp({ create }).png().toFile(path);
}

const open = (options: Partial<BreakhisOptions> = {}) =>
  openBreakhis({ ...all, ...options }, { folder });

async function problemsOf(opening: Promise<unknown>): Promise<string[]> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof InputError) return error.problems.map((problem) => problem.describe());
  return [(error as MmsrError).describe()];
}

beforeAll(async () => {
  for (const file of FILES) await write(file);
  writeFileSync(join(folder, 'BreaKHis_v1/README.txt'), 'no image');
});

test('patient, magnification and resolution come from folders and names', async () => {
  const { images } = await open();
  const shared = { widthPx: 70, heightPx: 46, serves: 'own', micronsAt1x: 20 };
  expect(images).toEqual(
    [
      { id: FILES[0], group: '14-22549AB', magnification: 400, micronsPerPixel: 0.05 },
      { id: FILES[1], group: '14-22549AB', magnification: 40, micronsPerPixel: 0.49 },
      { id: FILES[2], group: '14-2523', magnification: 100, micronsPerPixel: 0.2 },
    ].map((image) => expect.objectContaining({ ...image, ...shared }) as object),
  );
});

test('filters, and a folder in the data set', async () => {
  const ids = async (options: Partial<BreakhisOptions>) =>
    (await open(options)).images.map(({ id }) => id);
  expect(await ids({ magnifications: [40, 100] })).toEqual([FILES[1], FILES[2]]);
  expect(await ids({ classes: ['malignant'] })).toEqual([FILES[2]]);
  expect(await ids({ path: `${breast}/benign/` })).toEqual([FILES[0], FILES[1]]);
  expect(await problemsOf(open({ magnifications: [200] }))).toEqual([
    'BreaKHis_v1: holds no image of these magnifications and classes [E_DATA]',
  ]);
  expect(await problemsOf(open({ path: 'gone' }))).toEqual([
    'gone: there is no such folder. Paths are relative to the folder of the experiment file. [E_FILE]',
  ]);
});

test('images give their own magnification, and with `shrink` lower ones', async () => {
  expect((await open({ shrink: true })).images[0]?.serves).toBe('own-and-lower');
  const { images } = await open();
  expect(noRoomProblem('train', { images }, 200, 32).describe()).toBe(
    'data.train.magnifications: no image is used at 200x; there are images of 400x, 100x, 40x. Ask ' +
      'for those, or let `shrink: true` of the source make lower ones of higher ones. [E_DATA]',
  );
});

test('a thread opens what it is handed over', async () => {
  const source = await open();
  const context = { seed: 1, split: 'train', scale: 2, folder: '/nowhere' } as const;
  const again = await breakhisSource.create(all, { ...context, handedOver: source.handOver() });
  expect(again.images).toEqual(source.images);
});

test('files that do not follow the layout are named, each with what was expected', async () => {
  const advice = 'Unpack BreaKHis_v1 as it comes, and keep other images out of `path`.';
  const wrong = [
    'other/benign/SOB/adenosis/SOB_B_A_14-22549AB/40X/SOB_B_A-14-22549AB-41-001.png',
    'other/benign/SOB/adenosis/SOB_B_A_14-22549AB/40X/SOB_B_A-14-22549CD-40-001.png',
    'other/benign/SOB/adenosis/SOB_B_A_14-22549AB/40X/SOB_B_A-14-22549AB-100-001.png',
    'other/malignant/SOB/adenosis/SOB_B_A_14-22549AB/40X/SOB_B_A-14-22549AB-40-001.png',
    'other/preview.png',
  ].sort();
  for (const file of wrong) await write(file);
  const name = 'its name is not as BreaKHis has it, such as SOB_B_A-14-22549AB-40-001.png';
  const place = 'it does not lie in the folders that its name says, such as benign/SOB/adenosis';
  expect(await problemsOf(open({ path: 'other' }))).toEqual(
    [
      `${place}/SOB_B_A_14-22549AB/100X`,
      name,
      `${place}/SOB_B_A_14-22549CD/40X`,
      `${place}/SOB_B_A_14-22549AB/40X`,
      name,
    ].map((text, i) => `${wrong[i]}: ${text}. ${advice} [E_DATA]`),
  );
});

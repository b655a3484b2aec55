import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { GUIDE, GUIDE_EXPERIMENTS, GUIDE_FILES, writeGuide } from './guide-files.js';

/**
 * Rows of the table that check prints: split, magnification, images, groups, patches, native magnification,
 * native and effective microns per pixel. And those of pairs: right, down, distance.
 */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'by-folder': [
    'train 20x 14 7 140 20x to 40x 0.25 to 0.5 0.5',
    'test 10x 4 2 10 20x to 40x 0.25 to 0.5 1',
  ],
  'by-name': ['train 20x 4 4 16 20x 0.5 0.5', 'train 10x 4 4 16 10x 1 1'],
  'pairs-in-folders': [
    'train 10x 3 3 3 20x 0.5 1',
    'pairs/train/hr/P02/field-1.png -1.97 0.00 1.97 moved back',
    'pairs/train/hr/P01/field-1.png 0.00 0.00 0.00 moved back',
  ],
  'two-magnifications': [
    'train 40x 4 4 36 40x 0.25 0.25',
    'fields/P05-1-40x.png 0.00 0.00 0.00 as it is',
  ],
  breakhis: ['train 40x 7 7 252 40x 0.49 0.49', 'test 400x 2 2 50 400x 0.05 0.05'],
};

const { path: folder, remove } = await temporaryFolder();
afterAll(remove);

test('every experiment of the guide has its files here', () => {
  expect(GUIDE_EXPERIMENTS.map(({ name }) => name)).toEqual(Object.keys(GUIDE_FILES));
  expect(Object.keys(EXPECTED)).toEqual(Object.keys(GUIDE_FILES));
});

test.each(GUIDE_EXPERIMENTS)('$name is right as written', async (experiment) => {
  const here = join(folder, experiment.name);
  await mkdir(here);
  const file = await writeGuide(here, experiment);
  const { code, stdout, stderr } = await mmsrRun(['check', file, '--no-batch'], here);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const rows = stdout.split('\n').map((line) => line.replaceAll(/ +/g, ' '));
  expect(rows).toEqual(expect.arrayContaining([...(EXPECTED[experiment.name] ?? [])]));
});

test('the table in the guide is the one that check prints for its first experiment', async () => {
  const [table = ''] = /^ {4}split .*\n(?: {4}.*\n)+/m.exec(GUIDE) ?? [];
  const lines = table.trimEnd().split('\n');
  expect(lines).toHaveLength(11);
  const { stdout } = await mmsrRun(['check', 'exp.yaml', '--no-batch'], join(folder, 'by-folder'));
  expect(stdout).toContain(lines.map((line) => line.slice(4)).join('\n'));
});

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';

let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const noise = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
  const raw = { width: 64, height: 64, channels: 3 } as const;
  await sharp(noise, { raw }).png().toFile(join(folder, 'small.png'));
  await writeFile(join(folder, 'broken.png'), 'this is no image');
  await writeFile(
    join(folder, 'rcan-again.mjs'),
    `import { defineBackbone, Type } from '@mmsr/core';
     export default defineBackbone({ name: 'rcan', apiVersion: 1, configSchema: Type.Object({}), create: () => ({}) });`,
  );
  await mkdir(join(folder, 'empty'));
});
afterAll(() => remove());

const TRAIN_SOURCE =
  '{name: synthetic, count: 1, sizePx: 256}\n    magnifications: [20, 10]\n    patchPx: 16';
const images = (options: string, rest = 'magnifications: [20, 10]\n    patchPx: 16') =>
  [TRAIN_SOURCE, `{name: images, ${options}}\n    ${rest}`] as const;

const BOMB = `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
name: [*d, *d, *d, *d, *d, *d, *d, *d, *d]
`;

test.each<[string, readonly (readonly [string, string])[], readonly RegExp[]]>([
  ['unknown key', [['blocks: 1', 'blosks: 1']], [/exp\.yaml:15:\d+: .*blosks/, /blocks/]],
  [
    'wrong type',
    [['steps: 6', 'steps: six']],
    [/exp\.yaml:18:\d+: .*training\.steps/, /whole number/],
  ],
  [
    'unknown backbone',
    [['name: edsr', 'name: edrs']],
    [/exp\.yaml:15:\d+: .*edrs/, /Did you mean "edsr"/, /npm install mmsr-backbone-edrs/],
  ],
  ['scale 5', [['scale: 2', 'scale: 5']], [/exp\.yaml:2:\d+: .*scale/, /2, 3, 4, 8/]],
  [
    'duplicate plugin',
    [['scale: 2', 'scale: 2\nplugins: [./rcan-again.mjs]']],
    [/rcan/, /rcan-again\.mjs/],
  ],
  ['missing file', [images('paths: [none.png], magnification: 20')], [/none\.png/]],
  [
    'region outside the slide',
    [images('paths: [small.png], magnification: 20, region: {x: 32, y: 0, width: 64, height: 64}')],
    [/small\.png/, /region/, /64/],
  ],
  [
    'magnification above native',
    [images('paths: [small.png], magnification: 10')],
    [/small\.png/, /20/, /10/],
  ],
  ['empty glob', [images('paths: [empty/*.png], magnification: 20')], [/empty\/\*\.png/]],
  ['unreadable image', [images('paths: [broken.png], magnification: 20')], [/broken\.png/]],
  [
    'patch larger than image',
    [images('paths: [small.png], magnification: 20', 'magnifications: [20, 10]\n    patchPx: 48')],
    [/48/, /10/],
  ],
  [
    'non-finite number',
    [['learningRate: 1.0e-3', 'learningRate: .inf']],
    [/exp\.yaml:17:\d+/, /finite/],
  ],
  [
    'missing environment variable',
    [['name: tiny', 'name: tiny\ndescription: ${MMSR_NO_SUCH}']],
    [/exp\.yaml:2:\d+: .*MMSR_NO_SUCH/],
  ],
  [
    'two plugins’ bad options at once',
    [
      ['blocks: 1', 'blocks: 0'],
      ['{name: pooled-linear}', '{name: pooled-linear, dropout: 2}'],
    ],
    [/exp\.yaml:15:\d+: .*blocks/, /exp\.yaml:16:\d+: .*dropout/],
  ],
])('%s', async (_, replacements, patterns) => {
  const own = join(folder, `case-${_.replaceAll(/\W/g, '')}`);
  await mkdir(own);
  const file = await writeExperiment(folder, replacements);
  const { code, stderr, stdout } = await mmsrRun([file, '--out', own], folder);
  expect(stderr).not.toMatch(/^\s+at /m);
  for (const pattern of patterns) expect(stderr).toMatch(pattern);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(await readdir(own)).toEqual([]);
});

test('alias bomb', async () => {
  const file = await writeExperiment(folder, [], BOMB + TINY.replace('name: tiny', ''));
  const { code, stderr } = await mmsrRun([file], folder);
  expect(code).toBe(2);
  expect(stderr).toMatch(/exp\.yaml.*alias/i);
});

test.each([
  [['none.yaml'], /none\.yaml/],
  [[], /experiment\.yaml/],
  [['check'], /experiment\.yaml/],
  [['exp.yaml', '--unknown'], /--unknown/],
  [['plugins', 'nosuch'], /nosuch/],
])('command line %j', async (args, pattern) => {
  const { code, stderr } = await mmsrRun(args, folder);
  expect(code).toBe(2);
  expect(stderr).toMatch(pattern);
});

import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CellResults } from '@mmsr/core';
import { type CellPlan, loadStudy } from 'mmsr-run';
import { MMSR_RUN, mmsrRun, start, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';

let folder: string;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const study = (...path: string[]) => join(folder, 'runs', 'tiny', ...path);

async function results(cell: string): Promise<CellResults> {
  return JSON.parse(await readFile(study(cell, 'results.json'), 'utf8')) as CellResults;
}

const MATRIX = `${TINY}matrix: {seed: [1, 2, 3]}\n`;

test('cells run side by side in processes, with the results that they have one by one', async () => {
  const file = await writeExperiment(folder, [], MATRIX);
  const { code, stdout, stderr } = await mmsrRun([file, '--jobs', '2'], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  for (const seed of [1, 2, 3]) {
    expect(stdout).toMatch(new RegExp(`seed-${seed}\\s+20x\\s+2\\s`));
    expect(stderr).toMatch(new RegExp(`seed-${seed}: engine wasm \\S+ on cpu, \\d+ threads`));
  }
  const aside = await mmsrRun([file, '--out', 'one-by-one', '--only', 'seed-2'], folder, {
    MMSR_THREADS: '1',
  });
  expect(aside.code).toBe(0);
  const path = join(folder, 'one-by-one', 'tiny', 'seed-2', 'results.json');
  expect(await results('seed-2')).toEqual(JSON.parse(await readFile(path, 'utf8')));
});

test('what --set and --profile say holds in the processes too', async () => {
  const text = `${MATRIX}profiles: {short: {training.steps: 3}}\n`;
  const file = await writeExperiment(folder, [], text);
  const args = [file, '--jobs', '2', '--profile', 'short', '--set', 'data.test.count=1'];
  expect((await mmsrRun([...args, '--only', 'seed-[12]'], folder)).code).toBe(2);
  expect((await mmsrRun([...args, '--only', 'seed-1', '--only', 'seed-3'], folder)).code).toBe(0);
  const path = join(folder, 'runs', 'tiny-short', 'seed-3', 'results.json');
  const { steps, images } = JSON.parse(await readFile(path, 'utf8')) as CellResults;
  expect([steps, images.length]).toEqual([3, 2]);
});

test('a cell whose process dies is told with how it died; the others run', async () => {
  const file = await writeExperiment(
    folder,
    [['name: tiny', 'name: tiny\nplugins: [./dying.mjs]']],
    `${TINY}matrix: {model.backbone: [{name: dying}, {name: edsr, blocks: 1, features: 4}]}\n`,
  );
  await writeFile(
    join(folder, 'dying.mjs'),
    `import { defineBackbone, Type } from '@mmsr/core';
     export default defineBackbone({ name: 'dying', apiVersion: 1, configSchema: Type.Object({}), create: () => ({
       featureChannels: 3, sizeMultiple: 1, extract: (lr) => lr,
       reconstruct: () => { console.error('so long'); process.kill(process.pid, 'SIGKILL'); } }) });`,
  );
  const { code, stdout, stderr } = await mmsrRun([file, '--jobs', '2'], folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(/dying\S* failed: its process was ended by SIGKILL/);
  expect(stderr).toContain('so long');
  expect(stdout).toMatch(/edsr\S*\s+20x/);
});

test('a signal stops every process after a checkpoint, and the study goes on from there', async () => {
  const file = await writeExperiment(folder, [['steps: 6', 'steps: 100000']], MATRIX);
  const run = start(process.execPath, [MMSR_RUN, file, '--jobs', '2'], folder);
  await Promise.all([run.seen('seed-1: step 1/'), run.seen('seed-2: step 1/')]);
  run.kill('SIGTERM');
  const { code, stderr } = await run.ended;
  expect(code).toBe(143);
  expect(stderr).toMatch(/seed-3 not begun/);
  expect(existsSync(study('seed-3'))).toBe(false);
  for (const cell of ['seed-1', 'seed-2']) {
    expect((await readdir(study(cell, 'checkpoints'))).length).toBeGreaterThan(0);
  }
});

test('a stale cell is named with the difference, and done again only when asked', async () => {
  const file = await writeExperiment(folder, [], MATRIX);
  const only = ['--only', 'seed-1'];
  expect((await mmsrRun([file, ...only], folder)).code).toBe(0);
  const before = await results('seed-1');
  const changed = [file, ...only, '--set', 'training.steps=3'];
  const refused = await mmsrRun(changed, folder);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/training\.steps was 6, is 3.*--rerun-stale/s);
  expect(await results('seed-1')).toEqual(before);

  const check = await mmsrRun(['check', '--no-batch', ...changed], folder);
  expect(check.code).toBe(0);
  expect(check.stderr).toMatch(
    /^warning: runs\/tiny\/seed-1: an earlier run lies here .* training\.steps was 6, is 3\. .*--rerun-stale/m,
  );
  expect(check.stdout).toContain('no error, 1 warning');
  const unchanged = await mmsrRun(['check', '--no-batch', file, ...only], folder);
  expect(unchanged.stdout).toContain('nothing wrong found');

  const again = await mmsrRun([...changed, '--rerun-stale'], folder);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('stale: training.steps was 6, is 3; moved to');
  expect((await results('seed-1')).steps).toBe(3);
  const kept = await readFile(study('.stale', 'seed-1.1', 'results.json'), 'utf8');
  expect(JSON.parse(kept)).toEqual(before);
});

test('a run that another version of a plugin began is done again from its beginning when asked', async () => {
  const file = await writeExperiment(folder, [
    ['steps: 6', 'steps: 100000'],
    ['name: tiny', 'name: tiny\nplugins: [./half.mjs]'],
    ['optimizer:', 'objective: {superResolution: {name: half}}\noptimizer:'],
  ]);
  const plugin = (factor: number) =>
    `import { defineSuperResolutionLoss, tf, Type } from '@mmsr/core';
     export default defineSuperResolutionLoss({ name: 'half', apiVersion: 1, configSchema: Type.Object({}),
       create: () => (sr, hr) => tf.mul(${factor}, tf.mean(tf.abs(tf.sub(sr, hr)))) });`;
  await writeFile(join(folder, 'half.mjs'), plugin(0.5));
  const begun = start(process.execPath, [MMSR_RUN, file], folder);
  await begun.seen('step 1/');
  begun.kill('SIGUSR2');
  expect((await begun.ended).code).toBe(75);
  await writeFile(join(folder, 'half.mjs'), plugin(0.25));
  const refused = await mmsrRun([file], folder);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /loss half was "sha256:[0-9a-f]{64}".*--rerun-stale.*--allow versions/s,
  );

  const again = start(process.execPath, [MMSR_RUN, file, '--rerun-stale'], folder);
  await again.seen('step 1/');
  again.kill('SIGTERM');
  const { code, stderr } = await again.ended;
  expect(code).toBe(143);
  expect(stderr).toMatch(/stale: loss half was "sha256:\w+", is "sha256:\w+"; moved to/);
  expect(stderr).not.toContain('resumed from');
  expect(existsSync(study('.stale', 'main.1', 'checkpoints'))).toBe(true);
});

test('a cell whose images changed is stale, done or not', async () => {
  const { default: sharp } = await import('sharp');
  const paint = (file: string, level: number) =>
    sharp({ create: { width: 96, height: 96, channels: 3, background: { r: level, g: 90, b: 9 } } })
      .png()
      .toFile(join(folder, file));
  await Promise.all([paint('train.png', 200), paint('test.png', 100)]);
  const source = (file: string) => `{name: images, paths: [${file}], magnification: 20}`;
  const file = await writeExperiment(folder, [
    ['{name: synthetic, count: 1, sizePx: 256}', source('train.png')],
    ['{name: synthetic, count: 1, sizePx: 256}', source('test.png')],
    ['count: 2', 'count: 1'],
  ]);
  expect((await mmsrRun([file], folder)).code).toBe(0);
  await paint('test.png', 101);
  const { code, stderr } = await mmsrRun([file], folder);
  expect(code).toBe(2);
  expect(stderr).toContain('the images of data.test are not the same: test.png');
  expect((await mmsrRun([file, '--rerun-stale'], folder)).code).toBe(0);
});

test('an unknown launcher is answered with those there are', async () => {
  const file = await writeExperiment(folder);
  const { code, stderr } = await mmsrRun([file, '--launcher', 'proceses'], folder);
  expect(code).toBe(2);
  expect(stderr).toContain('Did you mean "processes"?');
  expect(existsSync(join(folder, 'runs'))).toBe(false);
  expect((await mmsrRun([file, '--jobs', 'two'], folder)).code).toBe(2);
  expect((await mmsrRun([file, '--jobs', '2', '--launcher', 'in-process'], folder)).code).toBe(2);
});

const MMSRNET = fileURLToPath(new URL('../../experiments/mmsrnet/', import.meta.url));

test.each([
  ['plug-and-play.yaml', 18, 12],
  ['magnifications.yaml', 12, 8],
  ['scales.yaml', 24, 8],
  ['loss-weight.yaml', 18, 4],
  ['attachment.yaml', 15, 4],
])('%s has %i cells, and %i when small', async (file, cells, small) => {
  process.env.SLIDES = folder;
  try {
    const whole = await loadStudy(join(MMSRNET, file));
    expect(whole.cells.length).toBe(cells);
    expect(whole.compare).not.toBeNull();
    expect(new Set(whole.cells.map(({ experiment }) => experiment.training.steps))).toEqual(
      new Set([200000]),
    );
  } finally {
    delete process.env.SLIDES;
  }
  // Small, it needs no slides.
  const study = await loadStudy(join(MMSRNET, file), { profile: 'small' });
  expect(study.cells.length).toBe(small);
  expect(study.name).toBe(file.replace('.yaml', '-small'));
  for (const { experiment } of study.cells) {
    expect(experiment.data.test.source.name).toBe('synthetic');
    expect(experiment.training.steps).toBe(600);
  }
});

test('--dry-run tells what is left and about how long it takes, and runs nothing', async () => {
  const text = TINY.replace('steps: 6', 'steps: 60000') + 'matrix: {seed: [1, 2]}\n';
  const file = await writeExperiment(folder, [], text);
  const plan = async (...args: string[]) => {
    const { code, stdout, stderr } = await mmsrRun([file, '--dry-run', ...args], folder);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return { stdout, measured: stderr.match(/measuring/g)?.length ?? 0 };
  };
  const json = await plan('--json');
  // Two seeds take the same time: one of them is measured.
  expect(json.measured).toBe(1);
  const { cells } = JSON.parse(json.stdout) as { cells: CellPlan[] };
  expect(cells.map(({ cell, state, stepsLeft }) => [cell, state, stepsLeft])).toEqual([
    ['seed-1', 'to do', 60000],
    ['seed-2', 'to do', 60000],
  ]);
  const [first] = cells as [CellPlan];
  expect(first.seconds).toBeGreaterThan(59999 * (first.stepSeconds as number));
  expect(existsSync(join(folder, 'runs'))).toBe(false);

  expect((await mmsrRun([file, '--set', 'training.steps=3'], folder)).code).toBe(0);
  const done = await plan('--set', 'training.steps=3');
  expect(done.measured).toBe(0);
  expect(done.stdout).toContain('tiny: 2 cells, 2 done, 0 to do\n');
  const stale = await plan('--set', 'training.steps=4');
  expect(stale.stdout).toContain('tiny: 2 cells, 0 done, 0 to do, 2 stale\n');
  expect(stale.stdout).toMatch(/seed-1 is stale: .*training\.steps/);
});

test('checkpoints that would not fit on the disk are found before anything is written', async () => {
  const file = await writeExperiment(folder);
  const huge = [
    'training.keep=1000000000',
    'training.steps=1000000000',
    'training.checkpointEverySteps=1',
  ];
  const args = huge.flatMap((setting) => ['--set', setting]);
  for (const command of [['check'], []]) {
    const { code, stderr } = await mmsrRun([...command, file, ...args], folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /runs: the checkpoints take [\d,]+ MB, [\d,]+ MB are free\. Free some space/,
    );
  }
  expect(existsSync(join(folder, 'runs'))).toBe(false);
  const { stdout } = await mmsrRun(['check', file], folder);
  expect(stdout).toMatch(/^checkpoints: 1 MB in runs, where [\d,]+ MB are free$/m);
});

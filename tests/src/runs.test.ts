import { mkdir, readdir, readFile, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, type CellResults, type Manifest, type RunEvent } from '@mmsr/core';
import { MMSR_RUN, mmsrRun, start, temporaryFolder } from './command-line.js';
import { THREADS, TINY, writeExperiment } from './experiments.js';
import { endOf } from './kill-runs.js';

let folder: string;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const cell = (...path: string[]) => join(folder, 'runs', 'tiny', 'main', ...path);

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

async function events(): Promise<RunEvent[]> {
  const text = await readFile(cell('events.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
}

const weights = async (step: number) => {
  const path = cell('checkpoints', String(step), 'average.safetensors');
  return readSafetensors(await readFile(path), path).tensors;
};

test('a run leaves manifest, events, checkpoints, results and pictures', async () => {
  const file = await writeExperiment(folder, [THREADS]);
  const { code, stdout, stderr } = await mmsrRun([file], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/main\s+20x\s+2\s+\d+\.\d\d/);
  expect(stdout).toContain('runs/tiny/main');

  const results = await readJson<CellResults>(cell('results.json'));
  expect(results.images.length).toBe(4);
  expect(results.protocol).toMatchObject({ color: 'rgb', cropPx: 2, rounding: 'uint8' });
  for (const image of results.images) {
    expect(image.psnrDb).toBeGreaterThan(5);
    expect(image.bicubic.psnrDb).toBeGreaterThan(15);
    expect([20, 10]).toContain(image.predictedMagnification);
  }
  expect(results.confusion?.counts.flat().reduce((a, b) => a + b, 0)).toBe(4);

  const manifest = await readJson<Manifest>(cell('manifest.json'));
  expect(manifest.device.engine).toBe('wasm');
  expect(manifest.data.test?.images[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
  const row = {
    magnification: 10,
    images: 1,
    groups: 1,
    effectiveMicronsPerPixel: { least: 1, most: 1 },
  };
  expect(manifest.data.train?.magnifications?.[1]).toMatchObject(row);
  expect(manifest.experiment.training.ema).toBe(0.999);

  expect((await readdir(cell('checkpoints'))).sort()).toEqual(['2', '4', '6']);
  const recorded = await events();
  expect(recorded.filter(({ type }) => type === 'metrics').length).toBe(6);
  expect(recorded.at(-1)).toMatchObject({ type: 'state', state: 'done', step: 6 });
  expect((await readdir(cell('images'))).sort()).toEqual([
    '10x-1', '10x-1.png', '10x-2', '10x-2.png', '10x-best', '10x-best.png', '10x-worst', '10x-worst.png',
    '20x-1', '20x-1.png', '20x-2', '20x-2.png', '20x-best', '20x-best.png', '20x-worst', '20x-worst.png',
  ]); // prettier-ignore
  expect((await readdir(cell('images', '20x-1'))).sort()).toEqual([
    'bicubic.png', 'error.png', 'hr.png', 'lr.png', 'sr.png',
  ]); // prettier-ignore
});

test('what is done is not done again', async () => {
  const file = await writeExperiment(folder);
  await mmsrRun([file], folder);
  const before = await events();
  const { code, stdout } = await mmsrRun([file, '--json'], folder);
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { cells: { outcome: string }[] }).cells[0]?.outcome).toBe('done');
  expect(await events()).toEqual(before);
});

test('another experiment in the same run directory is refused with the difference', async () => {
  const file = await writeExperiment(folder);
  await mmsrRun([file], folder);
  const { code, stderr } = await mmsrRun([file, '--set', 'training.steps=7'], folder);
  expect(code).toBe(2);
  expect(stderr).toContain('training.steps was 6, is 7');
});

test('killed and started again, it goes on from the checkpoint to the same end, bit for bit', async () => {
  const file = await writeExperiment(folder, [THREADS, ['steps: 6', 'steps: 40']]);
  await mmsrRun([file, '--out', 'whole'], folder);
  const run = start(process.execPath, [MMSR_RUN, file], folder);
  await run.seen('step 1/');
  // Without a terminal only the first line comes at once; the checkpoint tells how far it is.
  await untilThere(cell('checkpoints'), '4');
  run.kill('SIGKILL');
  expect((await run.ended).signal).toBe('SIGKILL');
  await expect(readFile(cell('results.json'))).rejects.toThrow('ENOENT');

  const { code, stderr } = await mmsrRun([file], folder);
  expect(code).toBe(0);
  expect(/resumed from the checkpoint of step (\d+)/.exec(stderr)?.[1]).toMatch(/^[1-9]/);
  const whole = await endOf(join(folder, 'whole'), 40);
  expect(await endOf(join(folder, 'runs'), 40)).toEqual(whole);
});

/** Resolves once the folder has an entry of that name. */
async function untilThere(folder: string, name: string): Promise<void> {
  const changes = watch(folder);
  if ((await readdir(folder)).includes(name)) return;
  for await (const { filename } of changes) if (filename === name) return;
}

test.each([
  ['SIGINT', 130, 'SIGTERM'],
  ['SIGTERM', 143, 'SIGUSR2'],
  ['SIGUSR2', 75, 'SIGINT'],
] as const)(
  '%s saves a checkpoint and exits %i, %s after it or not',
  async (signal, code, later) => {
    const file = await writeExperiment(folder, [
      THREADS,
      ['steps: 6', 'steps: 100000'],
      ['checkpointEverySteps: 2', 'checkpointEverySteps: 100000'],
    ]);
    const run = start(process.execPath, [MMSR_RUN, file], folder);
    await run.seen('step 1/');
    run.kill(signal);
    await run.seen(`${signal}: saving a checkpoint`);
    // Another one: the system may make one of two alike.
    run.kill(later);
    const ended = await run.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain('run again to go on');
    const [checkpoint] = await readdir(cell('checkpoints'));
    expect(Number(checkpoint)).toBeGreaterThan(0);
    expect((await events()).at(-1)).toMatchObject({
      type: 'state',
      state: 'stopped',
      step: Number(checkpoint),
    });
  },
);

/** A source of one image whose opening of number `waitsAt` only a signal ends. */
const WAITING_SOURCE = `
import { defineSource, Type } from '@mmsr/core';
let opened = 0;
export default defineSource({ name: 'waiting', apiVersion: 1, configSchema: Type.Object({ waitsAt: Type.Integer() }),
  create: async ({ waitsAt }, context) => {
    if (++opened === waitsAt) await new Promise((_, reject) => {
      const timer = setInterval(() => {}, 1000);
      context.signal.addEventListener('abort', () => { clearInterval(timer); reject(context.signal.reason); });
      console.error('opening images');
    });
    const size = { widthPx: 64, heightPx: 64, magnification: 20, micronsPerPixel: 0.5 };
    return { images: [{ id: 'a', group: 'a', digest: 'a', ...size }], close: async () => {}, read: () => Promise.reject(new Error('is not read')) };
  } });
`;

test.each([
  ['to be checked', 1],
  ['for the cell', 2],
])('SIGTERM while images are opened %s ends the run', async (_, waitsAt) => {
  await writeFile(join(folder, 'waiting.mjs'), WAITING_SOURCE);
  const file = await writeExperiment(folder, [
    ['name: tiny', 'name: tiny\nplugins: [./waiting.mjs]'],
    [
      'source: {name: synthetic, count: 1, sizePx: 256}',
      `source: {name: waiting, waitsAt: ${waitsAt}}`,
    ],
  ]);
  const run = start(process.execPath, [MMSR_RUN, file], folder);
  await run.seen('opening images');
  run.kill('SIGTERM');
  const { code, stderr } = await run.ended;
  expect({ code, stderr }).toEqual({
    code: 143,
    stderr: expect.stringContaining('main not begun; run again') as string,
  });
  await expect(readdir(cell())).rejects.toThrow('ENOENT');
});

test('a failed cell leaves the others running, and the exit code is 1', async () => {
  await writeFile(
    join(folder, 'failing.mjs'),
    `import { defineBackbone, Type } from '@mmsr/core';
     export default defineBackbone({ name: 'failing', apiVersion: 1, configSchema: Type.Object({}), create: () => ({
       featureChannels: 3, sizeMultiple: 1, extract: (lr) => lr,
       reconstruct: () => { throw new Error('reconstruction is broken'); } }) });`,
  );
  const matrix =
    'matrix: {model.backbone: [{name: failing}, {name: edsr, blocks: 1, features: 4}]}\n';
  const file = await writeExperiment(
    folder,
    [['name: tiny', 'name: tiny\nplugins: [./failing.mjs]']],
    TINY + matrix,
  );
  const { code, stdout, stderr } = await mmsrRun([file], folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(/failing.*reconstruction is broken/);
  expect(stdout).toMatch(/edsr\S*\s+20x/);
});

test('a backbone of twelve lines in another folder runs by its name', async () => {
  const package_ = join(folder, 'node_modules', 'mmsr-backbone-twelve');
  await mkdir(package_, { recursive: true });
  await writeFile(
    join(package_, 'package.json'),
    JSON.stringify({
      name: 'mmsr-backbone-twelve',
      version: '0.3.0',
      type: 'module',
      exports: './index.js',
    }),
  );
  const docs = await readFile(new URL('../../docs/plugins.md', import.meta.url), 'utf8');
  const [example] = /```js\n(import[\s\S]*?)```/.exec(docs)?.slice(1) as [string];
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
  await writeFile(join(package_, 'index.js'), example);
  const file = await writeExperiment(folder, [
    ['{name: edsr, blocks: 1, features: 8}', '{name: twelve, features: 6}'],
  ]);
  const { code, stderr } = await mmsrRun([file], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const manifest = await readJson<Manifest>(cell('manifest.json'));
  expect(manifest.plugins).toContainEqual({
    kind: 'backbone',
    name: 'twelve',
    package: 'mmsr-backbone-twelve',
    version: '0.3.0',
  });
});

test('a tracker hears every event', async () => {
  await writeFile(
    join(folder, 'diary.mjs'),
    `import { appendFileSync } from 'node:fs';
     import { defineTracker, Type } from '@mmsr/core';
     export default defineTracker({ name: 'diary', apiVersion: 1, configSchema: Type.Object({ path: Type.String() }),
       create: ({ path }) => { const note = (line) => appendFileSync(path, JSON.stringify(line) + '\\n'); return {
         start: async (run) => note({ started: run.cell }), record: note, finish: async () => note({ finished: true }) }; } });`,
  );
  const diary = join(folder, 'diary.jsonl');
  const file = await writeExperiment(folder, [
    ['name: tiny', `name: tiny\nplugins: [./diary.mjs]\ntracking: {name: diary, path: ${diary}}`],
  ]);
  expect((await mmsrRun([file], folder)).code).toBe(0);
  const lines = (await readFile(diary, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toEqual([{ started: 'main' }, ...(await events()), { finished: true }]);
});

test('validation and uncertainty weights are recorded', async () => {
  const validation = TINY.slice(TINY.indexOf('  test:'), TINY.indexOf('model:')).replace(
    'test',
    'validation',
  );
  const file = await writeExperiment(folder, [
    ['model:', `${validation}model:`],
    ['steps: 6', 'steps: 6, validateEverySteps: 3'],
    ['optimizer:', 'objective: {weighting: uncertainty}\noptimizer:'],
  ]);
  expect((await mmsrRun([file], folder)).code).toBe(0);
  const metrics = (await events()).flatMap((event) =>
    event.type === 'metrics' ? [event.values] : [],
  );
  const validated = metrics.find((values) => 'validation.psnrDb' in values);
  expect(Object.keys(validated ?? {})).toContain('validation.20x.bicubicPsnrDb');
  expect(metrics.at(-1)?.superResolutionLogVariance).not.toBe(0);
  expect([...(await weights(6)).keys()]).toContain('objective.magnification.logVariance');
});

test('check reads everything and writes nothing; its resolved file is the same experiment', async () => {
  const file = await writeExperiment(folder);
  const checked = await mmsrRun(['check', file], folder);
  expect(checked.code).toBe(0);
  expect(checked.stdout).toMatch(/main\s+\d+,\d+\s+1 image\s+-\s+1 image: 2 of 20x, 2 of 10x/);
  expect(checked.stdout).toMatch(/train\s+10x\s+1\s+1\s+64\s+20x\s+0\.5\s+1\n/);
  expect(checked.stdout).toMatch(
    /main\s+wasm\s+superResolution 0\.\d+, magnification 0\.\d+\s+[\d.]+\s+\d+ MB\s+\d+ MB \(32 px\)\s+\d+ s\n/,
  );
  const resolved = await mmsrRun(['check', file, '--resolved'], folder);
  await writeFile(join(folder, 'resolved.yaml'), resolved.stdout);
  const again = await mmsrRun(['check', 'resolved.yaml', '--resolved'], folder);
  expect(again.stdout).toBe(resolved.stdout);
  expect(resolved.stdout).toContain('ema: 0.999');
  expect((await readdir(folder)).sort()).toEqual(['exp.yaml', 'resolved.yaml']);
});

test('plugins, schema and engine say what is there', async () => {
  const [all, one, schema, engine] = await Promise.all(
    [['plugins'], ['plugins', 'swinir'], ['schema'], ['engine']].map((args) =>
      mmsrRun(args, folder),
    ),
  );
  expect(all?.stdout).toMatch(/backbone\s+rcan\s+@mmsr\/backbone-rcan/);
  expect(one?.stdout).toMatch(/windowPx\s+integer >= 2\s+8/);
  const composed = JSON.parse(schema?.stdout ?? '') as object;
  expect(composed).toHaveProperty(['then', 'properties', 'matrix']);
  expect(JSON.stringify(composed)).toContain('windowPx');
  expect(engine?.stdout).toMatch(/wasm\s+\S+\s+cpu\s+\d+\s+\d+\.\d/);
  expect([all, one, schema, engine].map((ended) => ended?.code)).toEqual([0, 0, 0, 0]);
});

test('an unknown plugin is answered with the nearest one', async () => {
  const { code, stderr } = await mmsrRun(['plugins', 'swinr'], folder);
  expect(code).toBe(2);
  expect(stderr).toContain('Did you mean "swinir"?');
});

test('output that nobody reads to its end is no error', async () => {
  const command = `"${process.execPath}" "${MMSR_RUN}" schema | head -n 1`;
  const { stdout, stderr } = await start('sh', ['-c', command], folder).ended;
  expect(stdout).toBe('{\n');
  expect(stderr).toBe('');
});

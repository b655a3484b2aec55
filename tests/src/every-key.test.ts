import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';

/*
 * Every key of the experiment file changes something: the weights, the results (of the same weights),
 * or what else is in the run directory.
 */
type Effect = 'weights' | 'results' | 'run';

const CHANGES: readonly (readonly [string, Effect])[] = [
  ['description=other', 'run'],
  ['seed=2', 'weights'],
  ['engine={name: cpu}', 'weights'],
  ['scale=4', 'weights'],
  ['plugins=[./plugin.mjs]', 'run'],
  ['data.train.source.count=2', 'weights'],
  ['data.train.source.sizePx=320', 'weights'],
  ['data.train.magnifications=[20, 5]', 'weights'],
  ['data.train.patchPx=24', 'weights'],
  ['data.train.augment.flip=false', 'weights'],
  ['data.train.augment.rotate=false', 'weights'],
  ['data.train.transforms=[{name: stain-jitter, method: hed, sigma: 0.2}]', 'weights'],
  ['data.transforms=[{name: stain-normalize, method: macenko, reference: ref.png}]', 'weights'],
  ['data.validation.count=1', 'run'],
  ['data.validation.patchPx=16', 'run'],
  ['data.validation.magnifications=[10]', 'run'],
  ['data.validation.source.count=2', 'run'],
  ['data.validation.source.sizePx=320', 'run'],
  ['data.test.count=1', 'results'],
  ['data.test.patchPx=40', 'results'],
  ['data.test.magnifications=[20]', 'results'],
  ['data.test.source.count=2', 'results'],
  ['data.test.source.sizePx=320', 'results'],
  ['data.degradation={name: shift, px: 1}', 'weights'],
  ['data.splitSeed=2', 'run'],
  ['data.disjointRegions=true', 'run'],
  ['data.strict=true', 'run'],
  ['data.workers=1', 'run'],
  ['data.onBadPatch=skip', 'run'],
  ['model.backbone={name: rcan, groups: 1, blocks: 1, features: 8, reduction: 4}', 'weights'],
  ['model.head=null', 'weights'],
  ['model.head.attach=block-1', 'weights'],
  ['objective.superResolution.name=mse', 'weights'],
  ['objective.superResolution.weight=0.5', 'weights'],
  ['objective.magnification.name=focal', 'weights'],
  ['objective.magnification.weight=0.5', 'weights'],
  ['objective.magnification.labelSmoothing=0.2', 'weights'],
  ['objective.weighting=uncertainty', 'weights'],
  ['optimizer.name=adamw', 'weights'],
  ['optimizer.learningRate=0.01', 'weights'],
  ['optimizer.beta1=0.5', 'weights'],
  ['optimizer.beta2=0.9', 'weights'],
  ['optimizer.epsilon=0.01', 'weights'],
  ['optimizer.weightDecay=0.1', 'weights'],
  ['schedule={name: cosine}', 'weights'],
  ['schedule.warmupSteps=3', 'weights'],
  ['training.steps=3', 'weights'],
  ['training.batchSize=2', 'weights'],
  ['training.accumulate=2', 'weights'],
  ['training.clipNorm=0.001', 'weights'],
  ['training.ema=0.1', 'weights'],
  ['training.validateEverySteps=1', 'run'],
  ['training.checkpointEverySteps=2', 'run'],
  ['training.logEverySteps=2', 'run'],
  ['training.diagnoseEverySteps=2', 'run'],
  ['training.keep=1', 'run'],
  ['training.keepBest={metric: ssim}', 'run'],
  ['training.nonFinite.policy=rollback', 'run'],
  ['training.nonFinite.limit=1', 'run'],
  ['training.nonFinite.learningRateFactor=0.1', 'run'],
  ['evaluation.metrics=[psnr]', 'results'],
  ['evaluation.color=y', 'results'],
  ['evaluation.cropPx=5', 'results'],
  ['evaluation.rounding=float', 'results'],
  ['evaluation.images=1', 'run'],
  ['tracking={name: silent}', 'run'],
];

const PLUGIN = `
import { defineDegradation, defineTracker, resizeBicubic, Type } from '@mmsr/core';
export default [
  defineDegradation({ name: 'shift', apiVersion: 1, configSchema: Type.Object({ px: Type.Integer() }),
    create: ({ px }, { scale }) => ({ degrade: (hr) => {
      const lr = resizeBicubic(hr, 1 / scale);
      return { ...lr, data: lr.data.map((value) => value ^ px) };
    } }) }),
  defineTracker({ name: 'silent', apiVersion: 1, configSchema: Type.Object({}),
    create: () => ({ start: async () => {}, record: () => {}, finish: async () => {} }) }),
];
`;

/** Runs every change in one process and prints what each left in its run directory. */
const SCRIPT = `
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadStudy, runStudy } from 'API';

const sha = (text) => createHash('sha256').update(text).digest('hex');
const read = (...path) => readFileSync(join(...path));
const inventory = {};
for (const [i, change] of ['', ...JSON.parse(process.argv[2])].entries()) {
  // The plugin file is there for the changes that name its plugins.
  const set = change === '' ? [] : [change];
  if (/shift|silent/.test(change)) set.push('plugins=[./plugin.mjs]');
  const study = await loadStudy('exp.yaml', { set });
  const [report] = await runStudy(study, { out: 'out-' + i });
  if (report.outcome !== 'done') throw new Error(change + ': ' + report.error?.stack);
  const folder = report.directory;
  const checkpoints = readdirSync(join(folder, 'checkpoints'));
  const last = Math.max(...checkpoints.map(Number));
  const { images, summary } = JSON.parse(read(folder, 'results.json'));
  const { created, git, ...manifest } = JSON.parse(read(folder, 'manifest.json'));
  const events = read(folder, 'events.jsonl').toString().replaceAll(/"time":\\d+/g, '');
  const weights = ['model', 'average'].map((name) => read(folder, 'checkpoints', String(last), name + '.safetensors').toString('hex'));
  const rest = [manifest, events, readdirSync(folder, { recursive: true })];
  inventory[change] = { weights: sha(weights.join()), results: sha(JSON.stringify([images, summary])), run: sha(JSON.stringify(rest)), resolved: study.cells[0].experiment };
}
console.log(JSON.stringify(inventory));
`;

interface Left {
  readonly weights: string;
  readonly results: string;
  readonly run: string;
  readonly resolved: object;
}

function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, path === '' ? key : `${path}.${key}`),
  );
}

describe('every key has an effect', () => {
  let inventory: Record<string, Left>;

  beforeAll(async () => {
    const { path: folder, remove } = await temporaryFolder();
    const test_ = TINY.slice(TINY.indexOf('  test:'), TINY.indexOf('model:'));
    await writeExperiment(folder, [
      ['model:', `${test_.replace('test', 'validation')}model:`],
      ['engine: wasm', 'engine: wasm\nevaluation: {images: 0}'],
      [
        'steps: 6, batchSize: 4, checkpointEverySteps: 2',
        'steps: 4, batchSize: 4, checkpointEverySteps: 1, validateEverySteps: 2',
      ],
    ]);
    await writeFile(join(folder, 'plugin.mjs'), PLUGIN);
    const reference = '../../packages/data/golden/stain-reference.png';
    await copyFile(new URL(reference, import.meta.url), join(folder, 'ref.png'));
    const api = new URL('../../packages/cli/dist/index.js', import.meta.url).href;
    await writeFile(join(folder, 'script.mjs'), SCRIPT.replace('API', api));
    const changes = JSON.stringify(CHANGES.map(([change]) => change));
    const { stdout, stderr, code } = await start(process.execPath, ['script.mjs', changes], folder)
      .ended;
    await remove();
    if (code !== 0) throw new Error(stderr);
    inventory = JSON.parse(stdout) as Record<string, Left>;
  }, 900_000);

  test.each(CHANGES)('%s changes the %s', (change, effect) => {
    const [before, after] = [inventory[''], inventory[change]] as [Left, Left];
    expect(after[effect]).not.toBe(before[effect]);
    if (effect !== 'weights') expect(after.weights).toBe(before.weights);
  });

  test('no key is left out', () => {
    const changed = CHANGES.map(([change]) => change.slice(0, change.indexOf('=')));
    // Plugins' own options are the business of their tests; the name is where the results go.
    const exempt =
      /^name$|^data\.\w+\.source\.|^data\.degradation\.|^model\.backbone\.|^model\.head\./;
    const keys = leaves(inventory['']?.resolved).filter((path) => !exempt.test(path));
    const covered = (path: string) =>
      changed.some((key) => path === key || path.startsWith(`${key}.`));
    expect(keys.filter((path) => !covered(path))).toEqual([]);
  });
});

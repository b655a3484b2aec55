import { Type } from 'typebox';
import { register } from '../plugins/register.js';
import {
  madeUpContainer,
  madeUpPlugin,
  problemsOf,
  readText,
  SHORT,
} from '../testing/experiment-files.js';

test('a short file is one cell with every default filled in', async () => {
  const { name, description, cells, compare, file, folder } = await readText(SHORT);
  expect({ name, description, compare }).toEqual({ name: 'short', description: '', compare: null });
  expect(file).toBe(`${folder}/exp.yaml`);
  expect(cells).toHaveLength(1);
  expect(cells[0]?.name).toBe('main');
  expect(cells[0]?.settings).toEqual({});
  expect(cells[0]?.experiment).toEqual({
    name: 'short',
    description: '',
    seed: 1,
    engine: { name: 'auto' },
    scale: 2,
    plugins: [],
    data: {
      train: {
        source: { name: 'images', paths: ['a.png'] },
        magnifications: [20, 10],
        patchPx: 96,
        augment: { flip: true, rotate: true },
        transforms: [],
      },
      test: {
        source: { name: 'images', paths: ['b.png'] },
        magnifications: [20],
        patchPx: 48,
        count: null,
      },
      degradation: { name: 'bicubic' },
      transforms: [],
      splitSeed: 1,
      disjointRegions: false,
      strict: false,
      workers: 1,
      onBadPatch: 'error',
    },
    model: { backbone: { name: 'rcan', groups: 10, blocks: 20, stop: null }, head: null },
    objective: {
      superResolution: { name: 'l1', weight: 1 },
      magnification: { name: 'cross-entropy', weight: 0.1 },
      weighting: 'fixed',
    },
    optimizer: {
      name: 'adam',
      learningRate: 2e-4,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
    },
    schedule: { name: 'constant', warmupSteps: 0 },
    training: {
      steps: 20000,
      batchSize: 16,
      accumulate: 1,
      clipNorm: null,
      ema: 0.999,
      validateEverySteps: 1000,
      checkpointEverySteps: 1000,
      logEverySteps: 10,
      diagnoseEverySteps: null,
      nonFinite: { policy: 'error', limit: 10, learningRateFactor: 0.5 },
      keep: 3,
      keepBest: null,
    },
    evaluation: {
      metrics: ['psnr', 'ssim'],
      color: 'rgb',
      cropPx: 'scale',
      rounding: 'uint8',
      images: 2,
    },
    tracking: null,
  });
});

test('places take their default name when only options are given, and engine a bare name', async () => {
  const text = `${SHORT}engine: wasm
optimizer: {learningRate: 1.0e-3}
objective: {superResolution: {weight: 2}}
schedule: {warmupSteps: 5}
`;
  const [cell] = (await readText(text)).cells;
  expect(cell?.experiment).toMatchObject({
    engine: { name: 'wasm', threads: 0 },
    optimizer: { name: 'adam', learningRate: 0.001, beta1: 0.9 },
    objective: { superResolution: { name: 'l1', weight: 2 }, magnification: { weight: 0.1 } },
    schedule: { name: 'constant', warmupSteps: 5 },
  });
});

test('defaults follow the optimizer’s and the schedule’s name', async () => {
  const text = `${SHORT}optimizer: {name: adamw}\nschedule: {name: multistep, milestones: [5]}\n`;
  const [cell] = (await readText(text)).cells;
  expect(cell?.experiment.optimizer.weightDecay).toBe(0.01);
  expect(cell?.experiment.schedule).toEqual({
    name: 'multistep',
    milestones: [5],
    gamma: 0.5,
    warmupSteps: 0,
  });
});

const MATRIX = `${SHORT}matrix:
  model.backbone: [{name: rcan}, {name: edsr, blocks: 2}, {name: rcan, groups: 3}]
  model.head: [null, {name: pooled-mlp}]
  seed: [1, 2, 3]
compare: {factor: model.head, baseline: null}
`;

test('a matrix makes named cells, each with its settings', async () => {
  const { cells, compare } = await readText(MATRIX);
  expect(cells).toHaveLength(18);
  expect(cells.map(({ name }) => name)).toEqual(
    ['rcan', 'edsr', 'rcan-groups-3'].flatMap((backbone) =>
      ['none', 'pooled-mlp'].flatMap((head) =>
        [1, 2, 3].map((seed) => `backbone-${backbone}_head-${head}_seed-${seed}`),
      ),
    ),
  );
  expect(cells[17]?.settings).toEqual({
    'model.backbone': { name: 'rcan', groups: 3, blocks: 20, stop: null },
    'model.head': { name: 'pooled-mlp', hidden: 64 },
    seed: 3,
  });
  expect(cells[17]?.experiment).toMatchObject({
    seed: 3,
    model: { backbone: { name: 'rcan', groups: 3 }, head: { name: 'pooled-mlp', hidden: 64 } },
  });
  expect(compare).toEqual({ factor: 'model.head', baseline: null });
});

test('a further value of an axis changes the names of none of the others', async () => {
  const before = (await readText(MATRIX)).cells.map(({ name }) => name);
  const more = MATRIX.replace('[{name: rcan}', '[{name: edsr}, {name: rcan}');
  const after = new Set((await readText(more)).cells.map(({ name }) => name));
  const renamed = before.filter((name) => !after.has(name));
  expect(after.size).toBe(24);
  // Of the two edsr, the one with an option of its own is told apart by it.
  expect(renamed.every((name) => name.startsWith('backbone-edsr_'))).toBe(true);
  expect(after.has('backbone-edsr-blocks-2_head-none_seed-1')).toBe(true);
});

test('only keeps the cells it names, exactly or by pattern', async () => {
  const names = async (...only: string[]) =>
    (await readText(MATRIX, { only })).cells.map(({ name }) => name);
  expect(await names('backbone-edsr_head-none_seed-2')).toEqual(['backbone-edsr_head-none_seed-2']);
  expect(await names('*edsr*seed-?')).toHaveLength(6);
  expect(await names('*_seed-1', 'backbone-rcan_head-none_*')).toHaveLength(8);
  expect(await names()).toHaveLength(18);
  const [problem] = await problemsOf(MATRIX, { only: ['*_seed-1', 'backbone-rcan_head-none'] });
  expect(problem).toMatch(/^--only backbone-rcan_head-none: no cell is named .* Did you mean/);
  expect(problem).toContain('backbone-rcan-groups-3_head-pooled-mlp_seed-3. [E_COMMAND_LINE]');
});

test('what is set on the command line counts like what is in the file', async () => {
  const { cells } = await readText(MATRIX, {
    set: ['matrix.seed=[7]', 'training.steps=5', 'optimizer.name=adamw'],
  });
  expect(cells).toHaveLength(6);
  expect(cells[0]?.experiment).toMatchObject({
    seed: 7,
    training: { steps: 5 },
    optimizer: { name: 'adamw', weightDecay: 0.01 },
  });
  expect(await problemsOf(SHORT, { set: ['training.step=5', 'seed=-1'] })).toEqual([
    '--set seed=-1: seed: expected a whole number from 0 to 9007199254740991; found -1 [E_EXPERIMENT]',
    '--set training.step=5: training.step: unknown key. Did you mean "steps"? [E_EXPERIMENT]',
  ]);
});

test('environment variables are filled in, and missing ones are found with all else', async () => {
  const text = SHORT.replace('a.png', '"${SLIDES}/a.png"').replace('rcan', '"${BACKBONE}"');
  const { cells } = await readText(text, { environment: { SLIDES: '/s', BACKBONE: 'edsr' } });
  expect(cells[0]?.experiment.data.train.source).toEqual({ name: 'images', paths: ['/s/a.png'] });
  expect(cells[0]?.experiment.model.backbone.name).toBe('edsr');
  expect(await problemsOf(`${text}sed: 1\n`, { environment: {} })).toEqual([
    '4:42: data.train.source.paths.0: the environment variable SLIDES is not set. Set it, or write $${SLIDES} for these very characters. [E_ENVIRONMENT]',
    '7:20: model.backbone.name: the environment variable BACKBONE is not set. Set it, or write $${BACKBONE} for these very characters. [E_ENVIRONMENT]',
    '8:1: sed: unknown key. Did you mean "seed"? [E_EXPERIMENT]',
  ]);
});

test('options of plugins are closed, and two plugins’ bad ones are found together', async () => {
  const text = SHORT.replace('{name: rcan}', '{name: rcan, groups: 0, block: 3}').replace(
    '[a.png]}',
    '[a.png], region: {x: 1, y: 1.5, z: 2}}',
  );
  expect(await problemsOf(text)).toEqual([
    '4:68: data.train.source.region.y: expected a whole number; found 1.5 [E_EXPERIMENT]',
    '4:73: data.train.source.region.z: unknown key. Did you mean "x"? [E_EXPERIMENT]',
    '7:34: model.backbone.groups: expected a whole number of at least 1; found 0 [E_EXPERIMENT]',
    '7:37: model.backbone.block: the backbone rcan has no such option. Did you mean "blocks"? [E_EXPERIMENT]',
  ]);
});

test('a problem that all cells share is reported once, one of an axis where it stands', async () => {
  const text = MATRIX.replace('scale: 2', 'scale: 5')
    .replace('{name: edsr, blocks: 2}', '{name: edsr, groups: 2}')
    .replace('seed: [1', 'seed: [x');
  expect(await problemsOf(text)).toEqual([
    '2:8: scale: expected one of 2, 3, 4, 8; found 5 [E_EXPERIMENT]',
    '9:47: model.backbone.groups: the backbone edsr has no such option. Known: name, blocks, residualScale. [E_EXPERIMENT]',
    '11:10: seed: expected a whole number from 0 to 9007199254740991; found "x" [E_EXPERIMENT]',
  ]);
});

test('values that come to the same experiment are found', async () => {
  const text = `${SHORT}matrix: {model.backbone: [{name: rcan}, {groups: 10, name: rcan}], seed: [1]}\n`;
  expect(await problemsOf(text)).toEqual([
    '8:41: matrix.model.backbone: {"groups":10,"name":"rcan"} gives the same experiment as {"name":"rcan"} [E_EXPERIMENT]',
  ]);
});

test.each([
  ['seed: 1\nsed: 2', '9:1: sed: unknown key. Did you mean "seed"?'],
  ['compar: {}', '8:1: compar: unknown key. Did you mean "compare"?'],
  ['xyzzy: 1', '8:1: xyzzy: unknown key. Known: name, description, seed, engine, scale, plugins,'],
  ['seed: "1"', '8:7: seed: expected a whole number from 0 to 9007199254740991; found "1"'],
  ['training: 5', '8:11: training: expected a mapping; found 5'],
  [
    'training: {clipNorm: all}',
    'training.clipNorm: expected a number above 0 or null; found "all"',
  ],
  ['training: {ema: 1}', 'training.ema: expected a number above 0 and below 1 or null; found 1'],
  [
    'evaluation: {cropPx: -1}',
    'cropPx: expected "scale" or a whole number of at least 0; found -1',
  ],
  ['evaluation: {color: RGB}', 'evaluation.color: expected one of "rgb", "y"; found "RGB"'],
  [
    'evaluation: {metrics: [psnr, psnr]}',
    'metrics: expected entries that differ; found "psnr" twice',
  ],
  ['evaluation: {metrics: []}', 'with at least 1 entry; found []'],
  ['plugins: ./a.js', 'plugins: expected a list of text; found "./a.js"'],
  ['engine: 5', '8:9: engine: expected a mapping such as {name: ...}; found 5. Known: auto, wasm.'],
  ['engine: {name: auto, device: cpu}', 'engine.device: the engine auto has no such option'],
  [
    'engine: tensorflow',
    'there is no engine "tensorflow". Known: auto, wasm. Or install it: npm install mmsr-engine-tensorflow [E_UNKNOWN_PLUGIN]',
  ],
  ['tracking: {}', 'tracking.name is missing: expected the name of a tracker. Known: mlflow.'],
  ['tracking: {name: 3}', 'tracking.name: expected the name of a tracker; found 3. Known: mlflow.'],
  ['tracking: {name: mlflow}', '8:1: tracking.uri is missing: expected text'],
  ['description: [http://me:secret@host]', 'expected text; found ["http://***@host"]'],
  ['tracking: mlflow', 'tracking: expected a mapping such as {name: ...} or null; found "mlflow"'],
  [
    'tracking: {name: Ml/Flow}',
    'Names are made of lower case letters, digits and hyphens. [E_UNKNOWN_PLUGIN]',
  ],
  [
    'optimizer: {name: adan}',
    'optimizer.name: there is no optimizer "adan". Did you mean "adam"? Known: adam, adamw.',
  ],
  [
    'schedule: {name: multistep}',
    'schedule.milestones is missing: expected a list of whole numbers of at least 1, with at least 1 entry',
  ],
  [
    'objective: {magnification: {name: l1}}',
    'the loss "l1" is not for magnification. Known: cross-entropy.',
  ],
  [
    'objective: {superResolution: {name: l2}}',
    'there is no loss "l2". Did you mean "l1"? Known: l1. Or install it: npm install mmsr-loss-l2',
  ],
  [
    'objective: {superResolution: {weight: -1}}',
    'weight: expected a number of at least 0; found -1',
  ],
  ['matrix: {seed: []}', '8:10: matrix.seed: expected a list of values; found []'],
  [
    'compare: {factor: seed, baseline: 1}',
    'compare.factor: expected a path of the matrix; found "seed". None is known.',
  ],
  ['x: !env HOME', '8:9: the tag !env is not allowed. Write the value without a tag. [E_YAML]'],
  ['__proto__: {polluted: 1}', '8:1: the key "__proto__" is not allowed [E_YAML]'],
  ['seed: .inf', '8:7: the number is not finite [E_YAML]'],
  ['name: again', '8:1: the key "name" is there twice, first at 1:1 [E_YAML]'],
  [`x: ${'['.repeat(5000)}${']'.repeat(5000)}`, 'more than 100 levels deep [E_YAML]'],
])('wrong: %s', async (lines, message) => {
  const problems = await problemsOf(`${SHORT}${lines}\n`);
  expect(problems).toEqual([expect.stringContaining(message)]);
});

test.each([
  ['', '1:1: expected the keys of an experiment, such as name: and model:; found nothing'],
  ['- a', '1:1: expected the keys of an experiment, such as name: and model:; found ["a"]'],
])('no experiment at all: %j', async (text, message) => {
  expect(await problemsOf(text)).toEqual([expect.stringContaining(message)]);
});

test('what has no default must be there', async () => {
  expect(await problemsOf('description: x\n')).toEqual([
    '1:1: name is missing: expected text of at most 100 characters matching ^[A-Za-z0-9][A-Za-z0-9._-]*$ [E_EXPERIMENT]',
    '1:1: scale is missing: expected one of 2, 3, 4, 8 [E_EXPERIMENT]',
    '1:1: data is missing: expected a mapping [E_EXPERIMENT]',
    '1:1: model is missing: expected a mapping [E_EXPERIMENT]',
  ]);
  expect(await problemsOf(SHORT.replace('{name: rcan}', '{}'))).toEqual([
    '7:13: model.backbone.name is missing: expected the name of a backbone. Known: rcan, edsr. [E_EXPERIMENT]',
  ]);
});

test('a union of mappings is judged by the one that was meant', async () => {
  const container = madeUpContainer();
  const shape = Type.Union([
    Type.Object({ kind: Type.Literal('disc'), radius: Type.Number() }),
    Type.Object({
      kind: Type.Literal('box'),
      side: Type.Number(),
      edge: Type.Optional(Type.Union([Type.Literal('hard'), Type.Literal('soft')])),
    }),
    Type.Array(Type.Integer()),
    Type.Null(),
  ]);
  register(container, madeUpPlugin('degradation', 'masked', { shape }));
  const problems = (text: string) =>
    problemsOf(
      `${SHORT.replace('model:', `  degradation: {name: masked, shape: ${text}}\nmodel:`)}`,
      { container },
    );
  expect(await problems('{kind: box, side: 3}')).toEqual([]);
  expect(await problems('{kind: box, side: x, radius: 1}')).toEqual([
    expect.stringContaining('shape.side: expected a number; found "x"'),
    expect.stringContaining('shape.radius: unknown key'),
  ]);
  expect(await problems('{kind: box, side: 3, edge: round}')).toEqual([
    expect.stringContaining('shape.edge: expected one of "hard", "soft"; found "round"'),
  ]);
  expect(await problems('[1, 2.5]')).toEqual([
    expect.stringContaining('shape.1: expected a whole number; found 2.5'),
  ]);
  expect(await problems('{kind: ring}')).toEqual([
    expect.stringContaining(
      'shape: expected a mapping or a mapping or a list of whole numbers or null; found {"kind":"ring"}',
    ),
  ]);
});

test.each([
  [
    '{name: stain-jitter, method: hed}',
    /data.train.transforms.0.sigma is missing: expected a number/,
  ],
  ['{name: stain-jitter, method: hed, sigma: 2}', /transforms.0.sigma: expected .*; found 2/],
  ['{name: stain-jitter, method: hed, sigma: 0.1, reference: a.png}', /0.reference: unknown key/],
  ['{name: stain-normalize, method: hed, reference: a.png}', /0.method: expected one of "macenko"/],
  ['{name: blur}', /data.train.transforms.0: expected a mapping/],
])('the transform %s is refused, and why', async (transform, message) => {
  const text = SHORT.replace('train: {', `train: {transforms: [${transform}], `);
  expect(await problemsOf(text)).toEqual([expect.stringMatching(message)]);
});

test('only normalisation is for patches of every split', async () => {
  const text = SHORT.replace(
    'data:',
    'data:\n  transforms: [{name: stain-jitter, method: hed, sigma: 0.1}]',
  );
  const problems = await problemsOf(text);
  expect(problems.join()).toMatch(/data.transforms.0.name: expected "stain-normalize"/);
});

test('of a file with thousands of wrong keys the first are shown', async () => {
  const wrong = Array.from({ length: 300 }, (_, i) => `wrong${i}: 1\n`).join('');
  const problems = await problemsOf(`${SHORT}${wrong}`);
  expect(problems).toHaveLength(51);
  expect(problems.at(-1)).toContain('250 more problems are not shown');
});

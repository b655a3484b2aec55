import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { madeStudy, type MadeCell } from '../testing/made-study.js';
import { answers } from '../tables/answers.js';
import { summarizeStudy, type StudySummary } from './study-summary.js';

const COMPARE = { compare: { factor: 'model.head', baseline: null } };
const HEAD = { name: 'pooled-linear' };

const without = (seed = 1, cell: MadeCell = {}): MadeCell => ({
  seed,
  settings: { 'model.head': null, seed },
  ...cell,
});
const branch = (seed = 1, cell: MadeCell = {}): MadeCell => ({
  seed,
  settings: { 'model.head': HEAD, seed },
  gainDb: 0.1,
  withBranch: true,
  ...cell,
});

async function summary(
  cells: Record<string, MadeCell>,
  record: object | undefined = COMPARE,
): Promise<StudySummary> {
  const { folder, remove } = await madeStudy(cells, record);
  try {
    return await summarizeStudy(folder, { resamples: 500 });
  } finally {
    await remove();
  }
}

const FOUR = {
  'head-none_seed-1': without(1),
  'head-none_seed-2': without(2),
  'head-pooled-linear_seed-1': branch(1),
  'head-pooled-linear_seed-2': branch(2),
};

test('cells are gathered over seeds and compared along the factor', async () => {
  const study = await summary(FOUR);
  expect(study.notes).toEqual([]);
  expect(study.blocks.length).toBe(1);
  const [none, head] = study.blocks[0]?.variants ?? [];
  expect(none).toMatchObject({ name: 'head-none', seeds: [1, 2], parameters: { total: 1234 } });
  expect(head).toMatchObject({ name: 'head-pooled-linear', parameters: { total: 1300 } });
  expect(head?.metrics['20']?.accuracy).toEqual({ mean: 1, sd: 0 });
  expect(head?.confusion?.counts).toEqual([
    [32, 0],
    [0, 32],
  ]);
  expect(study.baseline?.rows.length).toBe(6);
  expect(study.baseline?.rows[0]).toMatchObject({
    cell: 'head-pooled-linear',
    baseline: 'head-none',
    metric: 'psnrDb',
    magnification: 20,
    groups: 8,
    seeds: [1, 2],
  });
  expect(study.baseline?.rows[0]?.difference).toBeCloseTo(0.135, 10);
  expect(study.bicubic.rows.length).toBe(12);
  // The question is the branch's: against bicubic nothing is primary.
  const families = (rows: StudySummary['bicubic']['rows']) => [
    ...new Set(rows.map(({ family }) => `${family.name} ${family.tests}`)),
  ];
  expect(families(study.baseline?.rows ?? [])).toContain('primary 1');
  expect(families(study.bicubic.rows)).toEqual([
    'PSNR by magnification 4', 'PSNR over all 2', 'SSIM by magnification 4', 'SSIM over all 2',
  ]); // prettier-ignore
  expect(answers(study)[1]).toMatch(/^Secondary: The branch .* changed SSIM/);
  expect(answers(study)[0]).toMatch(
    /^The branch \(head-pooled-linear instead of head-none\) changed PSNR by \+0\.135 dB \(95 % CI \+0\.\d+ to \+0\.\d+, 8 groups, 2 seeds; Holm p = 0\.008 over 1 test\): better\.$/,
  );
});

test('what is missing, failed or stopped is named', async () => {
  const failed = { type: 'state', state: 'failed', step: 3, message: 'out of memory' };
  const stopped = { type: 'state', state: 'stopped', step: 3 };
  const study = await summary(
    {
      ...FOUR,
      'head-none_seed-3': without(3, { results: null, events: [failed] }),
      'head-pooled-linear_seed-3': branch(3),
      'head-none_seed-4': without(4, { results: null, events: [failed, stopped] }),
    },
    {
      ...COMPARE,
      cellNames: [
        ...Object.keys(FOUR),
        'head-none_seed-3',
        'head-none_seed-4',
        'head-pooled-linear_seed-3',
        '../../x',
      ],
    },
  );
  expect(study.notes).toEqual([
    'Not started: ../../x.',
    'Stopped: head-none_seed-4.',
    'Failed: head-none_seed-3 (out of memory).',
    'Left out of the comparison, without a partner of the same seed: head-pooled-linear_seed-3.',
  ]);
  expect(study.baseline?.rows[0]?.seeds).toEqual([1, 2]);
});

test('a cell of another experiment is left out with the difference', async () => {
  const study = await summary({ ...FOUR, 'head-none_seed-2': without(2, { steps: 20 }) });
  expect(study.notes[0]).toBe(
    'Left out: head-none_seed-2 (differs from head-none_seed-1 beyond the matrix: training.steps was 10, is 20).',
  );
  expect(study.baseline?.rows[0]?.seeds).toEqual([1]);
});

test('a cell that the study lists no more is left out', async () => {
  const study = await summary(FOUR, { ...COMPARE, cellNames: Object.keys(FOUR).slice(1) });
  expect(study.notes[0]).toContain('the study has no cell of this name any more');
});

test('another crop, scale or other test images are never mixed', async () => {
  const cropped = await summary({
    'head-none_seed-1': without(),
    'head-pooled-linear_seed-1': branch(1, { cropPx: 0 }),
  });
  expect(cropped.blocks.length).toBe(2);
  expect(cropped.baseline?.rows).toEqual([]);
  expect(cropped.notes.join()).toContain('cropPx 0 and 2');
  const pixels = await summary({
    'head-none_seed-1': without(),
    'head-pooled-linear_seed-1': branch(1, { digest: 'other' }),
  });
  expect(pixels.baseline?.rows).toEqual([]);
  expect(pixels.notes.join()).toContain('ids are the same, the files are not');
  const normalised = await summary({
    'head-none_seed-1': without(1, { referenceDigest: 'a' }),
    'head-pooled-linear_seed-1': branch(1, { referenceDigest: 'b' }),
  });
  expect(normalised.blocks.length).toBe(2);
  expect(normalised.notes.join()).toMatch(/transforms \[.*"reference":"[ab]".*\] and \[/);
  const fewer = await summary({
    'head-none_seed-1': without(),
    'head-pooled-linear_seed-1': branch(1, { groups: 7 }),
  });
  expect(fewer.notes.join()).toContain('slide-7@20x-0 (20x)');
});

test('a damaged cell is named, the others are still reported', async () => {
  const study = await summary({
    ...FOUR,
    'head-none_seed-2': without(2, { change: (results) => ({ ...results, images: [] }) }),
  });
  expect(study.notes[0]).toBe('Failed: head-none_seed-2 (results.json has no images).');
  expect(study.baseline?.rows[0]?.seeds).toEqual([1]);
});

test('without compare only bicubic is compared; one run is a study of one cell', async () => {
  const { folder, remove } = await madeStudy({ main: { gainDb: 1 } });
  const study = await summarizeStudy(join(folder, 'main'), { resamples: 100 });
  await remove();
  expect(study).toMatchObject({ name: 'made', baseline: null, compare: null });
  expect(study.bicubic.rows[0]).toMatchObject({ cell: 'main', baseline: 'bicubic' });
  expect(study.bicubic.rows[2]?.family).toEqual({ name: 'primary', tests: 1 });
  expect(answers(study)[0]).toContain('main instead of bicubic changed PSNR by +');
});

test('the first of the metrics that are asked for is the primary one', async () => {
  const ssimFirst = (cell: MadeCell): MadeCell => ({ ...cell, metrics: ['ssim', 'psnr'] });
  const study = await summary({
    'head-none_seed-1': ssimFirst(without()),
    'head-pooled-linear_seed-1': ssimFirst(branch()),
  });
  expect(answers(study)[0]).toMatch(/^The branch .* changed SSIM by \+0\.00135 /);
  expect(answers(study)[1]).toMatch(/^Secondary: The branch .* changed PSNR/);
});

test('a folder without runs is refused', async () => {
  const { folder, remove } = await madeStudy({ main: {} });
  await rm(join(folder, 'main'), { recursive: true });
  await expect(summarizeStudy(folder)).rejects.toMatchObject({
    code: 'E_RUN_DIRECTORY',
    message: 'holds no run',
  });
  await remove();
  await expect(summarizeStudy(folder)).rejects.toMatchObject({ code: 'E_RUN_DIRECTORY' });
});

test('cells keep the order of the study, and a note tells of two engines', async () => {
  const cells = { 'head-none_seed-1': without(), 'head-pooled-linear_seed-1': branch() };
  const cellNames = Object.keys(cells).reverse();
  const study = await summary(
    { ...cells, 'head-none_seed-1': without(1, { engine: 'tensorflow' }) },
    { ...COMPARE, cellNames },
  );
  expect(study.cells.map(({ cell }) => cell)).toEqual(cellNames);
  expect(study.blocks[0]?.variants.map(({ name }) => name)).toEqual([
    'head-pooled-linear',
    'head-none',
  ]);
  expect(study.notes).toEqual(['Cells ran on different engines: wasm 1, tensorflow 1.']);
});

test('what has no partner is said, and seeds are no factor', async () => {
  const study = await summary({ 'head-pooled-linear_seed-1': branch() });
  expect(study.notes).toEqual([
    'head-pooled-linear is not compared: what it is compared with is not done.',
  ]);
  expect(answers(study)).toEqual(['Nothing can be compared along model.head yet.']);
  const seeds = await summary(FOUR, { compare: { factor: 'seed', baseline: 1 } });
  expect(seeds.notes).toEqual(['Seeds are not compared with each other.']);
});

test('a cell whose matrix sets other keys is left out', async () => {
  const study = await summary({
    ...FOUR,
    older: { seed: 1, settings: { 'model.head': null, seed: 1, 'training.steps': 10 } },
  });
  expect(study.notes[0]).toContain('older (its matrix sets other keys');
});

test('a mean that is not finite in one seed is no number', async () => {
  const lost = (results: Record<string, unknown>) => ({
    ...results,
    summary: { all: { psnrDb: null, ssim: 0.3, bicubic: { psnrDb: 30 }, accuracy: null } },
  });
  const study = await summary({ ...FOUR, 'head-none_seed-2': without(2, { change: lost }) });
  const [none] = study.blocks[0]?.variants ?? [];
  expect(none?.metrics.all?.psnrDb).toBeNull();
  expect(none?.metrics.all?.bicubic.psnrDb).toEqual({ mean: 30, sd: 0 });
});

test.each([
  ['image 2', { images: [{ id: 'a', group: 'g', magnification: 20, bicubic: {} }, { id: 1 }] }],
  ['protocol', { protocol: null }],
  ['confusion', { confusion: { actual: [1], predicted: [1], counts: [] } }],
  ['summary without bicubic', { summary: { all: {} } }],
])('results with a wrong %s are named', async (text, wrong) => {
  const change = (results: Record<string, unknown>) => ({ ...results, ...wrong });
  const study = await summary({ ...FOUR, 'head-none_seed-1': without(1, { change }) });
  expect(study.notes[0]).toMatch(new RegExp(`^Failed: head-none_seed-1 .*${text}`));
});

test('a manifest cannot reach what all objects share', async () => {
  const settings = { '__proto__.toLocaleString': 1, 'constructor.prototype.x': 1 };
  const study = await summary({ main: { settings } }, undefined);
  expect(study.cells[0]?.state).toBe('done');
  // Jest has a realm of its own, and clones are of the other.
  const shared = Object.getPrototypeOf(structuredClone({})) as object;
  expect(Object.hasOwn(shared, 'toLocaleString')).toBe(true);
});

test.each([{ compare: 'x' }, { compare: { factor: 1 } }, { cellNames: [1] }, { name: null }])(
  'a study.json with a wrong part is refused: %j',
  async (wrong) => {
    await expect(summary(FOUR, { ...COMPARE, ...wrong })).rejects.toMatchObject({
      code: 'E_RUN_DIRECTORY',
      message: 'study.json is not that of a study',
    });
  },
);

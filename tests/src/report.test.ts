import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudySummary } from '@mmsr/report';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';

const STUDY = `${TINY}matrix: {model.head: [null, {name: pooled-linear}]}
compare: {factor: model.head, baseline: null}
`;

let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await writeExperiment(folder, [], STUDY);
});
afterAll(() => remove());

const study = (...path: string[]) => join(folder, 'runs', 'tiny', ...path);

test('a study answers its question once all cells are done', async () => {
  const first = await mmsrRun(['exp.yaml', '--only', 'head-none'], folder);
  expect(first.code).toBe(0);
  expect(first.stdout).not.toContain('The branch');
  expect((await mmsrRun(['report', 'runs/tiny'], folder)).stderr).toContain(
    'note: Not started: head-pooled-linear.',
  );
  const { code, stdout } = await mmsrRun(['exp.yaml'], folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /The branch \(head-pooled-linear instead of head-none\) changed PSNR by [+-]\d\.\d{3} dB \(no CI, 1 group, 1 seed; Holm p = 1\.000 over 1 test\)/,
  );
  expect(stdout).toContain('warning: Only 1 group (slide or patient)');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('runs/tiny/report.html');
});

test('a run ends with a report of its own and of its study, made anew only for new results', async () => {
  const pages = ['report.html', 'head-none/report.html', 'head-pooled-linear/report.html'];
  const read = () => Promise.all(pages.map((page) => readFile(study(page), 'utf8')));
  const [whole, none, branch] = (await read()) as [string, string, string];
  expect(whole).toContain('The branch (head-pooled-linear instead of head-none) changed PSNR by');
  expect(none).toContain('head-none instead of bicubic changed PSNR by');
  expect(branch).toContain('Confusion matrix of head-pooled-linear');
  // Two images of each magnification: a best and a worst one.
  expect(none.match(/<figure class="example"/g)?.length).toBe(4);
  await writeFile(study('head-none/report.html'), 'mine');
  const { stdout } = await mmsrRun(['exp.yaml', '--json', '--jobs', '2'], folder);
  expect(JSON.parse(stdout)).toMatchObject({ study: 'tiny' });
  expect((await read())[1]).toBe('mine');
  await utimes(study('head-none/report.html'), 1, 1);
  await mmsrRun(['exp.yaml'], folder);
  expect((await read())[1]).toBe(none);
});

test('a report that cannot be written is a warning: the results stand', async () => {
  await rm(study('report.html'));
  await mkdir(study('report.html', 'in the way'), { recursive: true });
  const { code, stderr } = await mmsrRun(['exp.yaml'], folder);
  await rm(study('report.html'), { recursive: true });
  expect(code).toBe(0);
  expect(stderr).toMatch(/warning: no report: .*report\.html.*\[E_FILE\]/);
});

test('report writes the tables of what is done and prints the comparison', async () => {
  const { code, stdout, stderr } = await mmsrRun(['report', 'runs/tiny'], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/head-pooled-linear\s+head-none\s+PSNR dB\s+20x\s+[+-]?\d/);
  expect(stdout).toContain('runs/tiny/report.html\nruns/tiny/report/tables.md');
  expect((await readdir(study('report'))).sort()).toEqual([
    'bicubic.csv', 'comparison.csv', 'confusion.csv', 'results.csv', 'statistics.json', 'tables.md', 'tables.tex',
  ]); // prettier-ignore
  const { all } = (
    JSON.parse(await readFile(study('head-none', 'results.json'), 'utf8')) as {
      summary: { all: { psnrDb: number; bicubic: { psnrDb: number } } };
    }
  ).summary;
  const markdown = await readFile(study('report', 'tables.md'), 'utf8');
  expect(markdown).toContain(`| ${all.psnrDb.toFixed(2)}`.slice(2));
  expect(markdown).toContain('rounded to 8 bits, averaged weights');
  const bicubic = await readFile(study('report', 'bicubic.csv'), 'utf8');
  const row = bicubic
    .split('\r\n')
    .find((line) => line.startsWith('head-none,bicubic,psnrDb,all,'));
  expect(Number(row?.split(',')[4])).toBeCloseTo(all.psnrDb - all.bicubic.psnrDb, 9);
});

test('a cell that is gone is named; --json prints the statistics; one run is reported alone', async () => {
  await rm(study('head-none', 'results.json'));
  const { code, stdout, stderr } = await mmsrRun(['report', 'runs/tiny', '--json'], folder);
  expect(code).toBe(0);
  expect(stderr).toContain('note: Not done: head-none.');
  const summary = JSON.parse(stdout) as StudySummary;
  expect(summary.baseline?.rows).toEqual([]);
  expect(summary.bicubic.rows.map(({ cell }) => cell)).toContain('head-pooled-linear');
  const single = await mmsrRun(['report', 'runs/tiny/head-pooled-linear'], folder);
  expect(single.stdout).toContain('head-pooled-linear instead of bicubic changed PSNR by');
});

test('a folder without runs is wrong input', async () => {
  const { code, stderr } = await mmsrRun(['report', '.'], folder);
  expect(code).toBe(2);
  expect(stderr).toContain('holds no run');
  expect(stderr).toContain('[E_RUN_DIRECTORY]');
});

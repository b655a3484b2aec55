import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadStudyRuns } from './study/load-study.js';
import { summarizeRuns } from './study/study-summary.js';
import { madeStudy, type MadeCell } from './testing/made-study.js';
import { writeReport } from './write-report.js';

const cell = (seed: number, branch: boolean): MadeCell => ({
  seed,
  settings: { 'model.head': branch ? { name: 'pooled-linear' } : null, seed },
  gainDb: branch ? 0.2 : 0.1,
  withBranch: branch,
  events: [
    { type: 'metrics', step: 5, values: { loss: 0.5 } },
    { type: 'metrics', step: 10, values: { loss: 0.25, 'validation.psnrDb': 31 } },
  ],
});

const CELLS = {
  'head-none_seed-1': cell(1, false),
  'head-none_seed-2': cell(2, false),
  'head-pooled-linear_seed-1': cell(1, true),
  'head-pooled-linear_seed-2': cell(2, true),
};
const COMPARE = { compare: { factor: 'model.head', baseline: null } };

async function reportOf(
  cells: Record<string, MadeCell>,
  record?: object,
  of = '',
): Promise<string> {
  const made = await madeStudy(cells, record);
  try {
    const folder = join(made.folder, of);
    const runs = await loadStudyRuns(folder);
    const summary = summarizeRuns(runs, { resamples: 200 });
    const path = await writeReport({ folder, runs, summary });
    expect(path).toBe(join(folder, 'report.html'));
    return await readFile(path, 'utf8');
  } finally {
    await made.remove();
  }
}

test('a study’s report has the answer first, then gains, tables, confusion, curves and set-up', async () => {
  const page = await reportOf(CELLS, COMPARE);
  const headings = [...page.matchAll(/<h2[^>]*>([^<]*)<\/h2>/g)].map(([, text]) => text?.trim());
  expect(headings).toEqual([
    'Does the magnification branch help?',
    'Gain per magnification',
    'Tables',
    'What the branch takes the magnifications for',
    'Training',
    'What was run',
  ]);
  expect(page).toContain(
    'The branch (head-pooled-linear instead of head-none) changed PSNR by +0.135 dB',
  );
  expect(page).toMatch(/<div class="card better">[\s\S]*\+0\.135 dB/);
  expect(page).toContain('loss by step');
  expect(page).toContain('Last values: head-none_seed-1 0.25;');
  expect(page).toContain('20x taken for 20x: 32');
  expect(page.match(/<figure class="chart"/g)?.length).toBe(4 + 1 + 2);
  expect(page.match(/<details>\s*<summary>\s*Data of this chart/g)?.length).toBe(7);
});

test('examples say what they gain over bicubic and over the cell of the same seed without the branch', async () => {
  const cells = Object.fromEntries(
    Object.entries(CELLS).map(([name, cell]) => [name, { ...cell, picturesPx: 8 }]),
  );
  const page = await reportOf(cells, COMPARE);
  expect(page.match(/<figure class="example"/g)?.length).toBe(2 * 6);
  expect(page.match(/data-panel="error"/g)?.length).toBe(2 * 6);
  // Slide 7 gains 3.5 dB and 0.01 dB of its second image, and 1.7 times what its cell gains.
  expect(page).toMatch(
    /20x, best<\/strong>\s*33\.85 dB<br \/>\+3\.85 dB over bicubic \(30\.00 dB\)<br \/>\+0\.17 dB over head-none_seed-1 \(33\.68 dB\)/,
  );
  expect(page).not.toContain('are left out');
});

test('the policy names the hashes of the style and the script as they stand in the page', async () => {
  const page = await reportOf(CELLS, COMPARE);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
  const hash = (name: string) => {
    const text = new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(page)?.[1] ?? '';
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  expect(policy).toBe(
    `default-src 'none'; img-src data:; style-src ${hash('style')}; script-src ${hash('script')}; ` +
      `base-uri 'none'; form-action 'none'`,
  );
  expect(page).not.toMatch(/ style="| on\w+="|https?:\/\/(?!www\.w3\.org)/);
});

test('one run is reported alone, against bicubic; without a branch there is no confusion matrix', async () => {
  const page = await reportOf(CELLS, COMPARE, 'head-none_seed-1');
  expect(page).toContain('Is it better than bicubic interpolation?');
  expect(page).toContain('instead of bicubic changed PSNR');
  expect(page).not.toContain('What the branch takes');
});

test('names from outside are text, and lead to no file outside', async () => {
  const evil = '<script>alert(1)<';
  const settings = { 'model.head': { name: '"><img src=x>' }, seed: 3 };
  const page = await reportOf(
    { ...CELLS, [evil]: { ...cell(3, true), settings } },
    {
      name: '<script>alert(1)</script>',
      ...COMPARE,
      cellNames: [...Object.keys(CELLS), evil, '../../x'],
    },
  );
  expect(page.match(/<script/g)?.length).toBe(1);
  expect(page).not.toContain('<img');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;: report');
  expect(page).toContain('Not started: ../../x.');
});

test('cells without results have their state, reason and curves; the others their numbers', async () => {
  const failed: MadeCell = {
    ...cell(3, true),
    results: null,
    events: [
      { type: 'metrics', step: 5, values: { loss: 7.5 } },
      { type: 'state', state: 'failed', step: 6, message: 'the loss is <NaN>' },
    ],
  };
  const page = await reportOf({ ...CELLS, 'head-pooled-linear_seed-3': failed }, COMPARE);
  expect(page).toContain('failed: the loss is &lt;NaN&gt;');
  expect(page).toContain('head-pooled-linear_seed-3 7.5');
  expect(page).toContain('(head-pooled-linear instead of head-none) changed PSNR');
});

test('a study of which nothing is done yet says so', async () => {
  const page = await reportOf(
    { 'head-none_seed-1': { ...cell(1, false), results: null } },
    COMPARE,
  );
  expect(page).toContain('Nothing can be compared along model.head yet.');
  expect(page).toContain('Not done: head-none_seed-1.');
  const headings = [...page.matchAll(/<h2 id="([^"]*)"/g)].map(([, id]) => id);
  expect(headings).toEqual(['answer', 'curves', 'setup']);
});

test('a manifest that is not as it should be is shown as far as it can be', async () => {
  const manifest = {
    created: 5,
    versions: { '@mmsr/core': { evil: true }, node: 20 },
    device: { engine: 'wasm', version: ['2'], threads: 'x' },
    git: { commit: ['a'], dirty: 'x' },
    plugins: [{}, { kind: '<b>', name: 3, package: null }],
    data: { test: { images: [{ id: 'slide-0', digest: 'd' }], samples: null } },
  };
  const page = await reportOf({ main: { ...cell(1, false), manifest } });
  expect(page).toContain('&lt;b&gt; 3');
  expect(page).toContain('1 image; patches: -');
  expect(page).not.toMatch(/\[object|undefined|NaN/);
});

test('the set-up names each environment once, and what differs between cells', async () => {
  const of = (engine: string) => ({ device: { engine, version: '2', device: 'cpu', threads: 4 } });
  const alike = await reportOf(CELLS, COMPARE);
  expect(alike.match(/aria-label="Environment/g)?.length).toBe(1);
  expect(alike).not.toContain('{&quot;name&quot;');
  const options = { 'model.head': { name: 'pooled-linear', dropout: 0.5 }, seed: 1 };
  const page = await reportOf(
    {
      ...CELLS,
      'head-none_seed-1': { ...cell(1, false), manifest: of('tensorflow') },
      other_head: { ...cell(1, true), settings: options },
    },
    COMPARE,
  );
  expect(page.match(/aria-label="Environment/g)?.length).toBe(2);
  expect(page).toContain('tensorflow 2 on cpu, 4 threads');
  expect(page).toContain('{&quot;name&quot;:&quot;pooled-linear&quot;,&quot;dropout&quot;:0.5}');
});

test('the tasks on the shared parameters have charts over all of them and a table by stage', async () => {
  const measured = (step: number, cosine: number) => ({
    type: 'metrics',
    step,
    values: {
      'taskGradients.all.norm.superResolution': 2,
      'taskGradients.all.norm.magnification': 0.5,
      'taskGradients.all.cosine': cosine,
      'taskGradients.body.3.norm.superResolution': 1,
      'taskGradients.body.3.norm.magnification': 0.25,
      'taskGradients.body.3.cosine': cosine / 2,
    },
  });
  const events = [measured(5, -0.2), measured(10, 0.4)];
  const page = await reportOf({ main: { ...cell(1, true), events } });
  const section = /<section aria-labelledby="tasks">[\s\S]*?<\/section>/.exec(page)?.[0] ?? '';
  expect(section.match(/<figure class="chart"/g)?.length).toBe(3);
  const rows = [...section.matchAll(/<tr>\s*<th scope="row">[\s\S]*?<\/tr>/g)].map(([row]) =>
    [...row.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g)].map(([, text]) => text),
  );
  expect(rows.slice(-2).map((row) => row.slice(1))).toEqual([
    ['all', '2', '0.5', '0.1', '50 %'],
    ['body.3', '1', '0.25', '0.05', '50 %'],
  ]);
  expect(await reportOf(CELLS, COMPARE)).not.toContain('id="tasks"');
});

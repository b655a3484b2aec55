import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarizeStudy } from '../study/study-summary.js';
import { madeStudy } from '../testing/made-study.js';
import { writeTables } from '../write-tables.js';
import { toCsv } from './csv.js';
import { escapeLatex, toLatex } from './latex.js';
import { escapeMarkdown, toMarkdown } from './markdown.js';
import type { ComparisonRow } from '../statistics/compare.js';
import { answers, verdict } from './answers.js';
import { studyTables } from './study-tables.js';
import { formatP, markBest, plainLine, signed, type Table } from './table.js';

const EVIL = '<script>alert(1)</script>|`x`[a](b) \\input{/etc/passwd}%\n=cmd()';

const table: Table = {
  id: 'results',
  title: 'Results',
  protocol: 'x2, RGB',
  columns: [
    { header: 'cell', align: 'left', fields: ['cell'] },
    { header: 'PSNR dB', align: 'right', fields: ['psnr', 'psnr_sd'] },
  ],
  rows: [
    [
      { text: EVIL, values: [EVIL] },
      { text: '30.10 ± 0.10', values: [30.1, 0.1], rank: 'best' },
    ],
    [
      { text: '../../x', values: ['../../x'] },
      { text: '-0.5', values: [-0.5, null], rank: 'second' },
    ],
  ],
  warnings: ['Only 1 seed'],
};

test('Markdown: names stay text and rows stay rows', () => {
  const text = toMarkdown('a|b', ['An answer'], [table]);
  expect(text).not.toContain('<script>');
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;\\|\\`x\\`\\[a\\](b)');
  expect(text.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(4);
  expect(text).toContain('| ../../x | <u>-0.5</u> |');
  expect(text).toContain('**30.10 ± 0.10**');
  expect(text).toContain('# a\\|b\n\n- An answer');
  expect(text).toContain('**Warning:** Only 1 seed');
  expect(text).toContain('x2, RGB.');
  expect(escapeMarkdown('a*b_c')).toBe('a\\*b\\_c');
});

test('LaTeX: no command, comment or column from a name', () => {
  const text = toLatex([table]);
  expect(text).toContain(
    '\\textless{}script\\textgreater{}alert(1)\\textless{}/script\\textgreater{}\\textbar{}',
  );
  expect(text).not.toContain('\\input');
  expect(text).toContain('\\textbackslash{}input\\{/etc/passwd\\}\\% =cmd()');
  expect(text).toContain('\\textbf{30.10 $\\pm$ 0.10} \\\\');
  expect(text).toContain('../../x & \\underline{$-$0.5} \\\\');
  expect(text).toContain('\\caption{Results. x2, RGB. Only 1 seed}');
  expect(text).toContain('\\toprule');
  expect(escapeLatex('a_b & 5 % of #1 ~ ^ $x$ {y}')).toBe(
    'a\\_b \\& 5 \\% of \\#1 \\textasciitilde{} \\textasciicircum{} \\$x\\$ \\{y\\}',
  );
});

test('CSV: quotes, no formula from a name, numbers in full', () => {
  const cell = (text: string): Table => ({ ...table, rows: [[{ text, values: [text] }]] });
  const lastLine = (text: string) => toCsv(cell(text)).trimEnd().split('\r\n').at(-1);
  expect(lastLine('a,"b"')).toBe('"a,""b"""');
  expect(lastLine('=1+1')).toBe("'=1+1");
  expect(lastLine('@x')).toBe("'@x");
  expect(lastLine('-2+3')).toBe("'-2+3");
  const lines = toCsv(table).split('\r\n');
  expect(lines.slice(0, 4)).toEqual([
    '# Results',
    '# x2, RGB',
    '# Warning: Only 1 seed',
    'cell,psnr,psnr_sd',
  ]);
  expect(lines).toContain('../../x,-0.5,');
});

test('the best and the second of a column, by what is shown', () => {
  const rows = ['30.10 ± 0.1', '30.10', '29.00', '-'].map((text) => [{ text, values: [1] }]);
  const ranks = markBest(rows, [0]).map(([cell]) => cell?.rank);
  expect(ranks).toEqual(['best', 'best', 'second', undefined]);
  expect(
    markBest(rows.slice(0, 2), [0])
      .flat()
      .map(({ rank }) => rank),
  ).toEqual([undefined, undefined]);
});

test('numbers as papers give them', () => {
  expect([signed(0.0312, 3), signed(-0.2, 2), signed(-0.0001, 2)]).toEqual([
    '+0.031',
    '-0.20',
    '0.00',
  ]);
  expect([formatP(0.0004), formatP(0.0312), formatP(1)]).toEqual(['<0.001', '0.031', '1.000']);
});

test('the files of a study: every table in every form, hostile names harmless', async () => {
  const { folder, remove } = await madeStudy(
    {
      'head-none': { settings: { 'model.head': null } },
      '=<script>alert(1)': {
        settings: { 'model.head': { name: '<script>' } },
        gainDb: 0.1,
        withBranch: true,
      },
    },
    { name: '../../x', compare: { factor: 'model.head', baseline: null } },
  );
  const summary = await summarizeStudy(folder, { resamples: 200 });
  await mkdir(join(folder, 'report'));
  await writeFile(join(folder, 'report', 'results-2.csv'), 'of an earlier report');
  const files = await writeTables(folder, summary);
  expect((await readdir(join(folder, 'report'))).sort()).toEqual([
    'bicubic.csv', 'comparison.csv', 'confusion.csv', 'results.csv', 'statistics.json', 'tables.md', 'tables.tex',
  ]); // prettier-ignore
  const read = async (name: string) => readFile(join(folder, 'report', name), 'utf8');
  const markdown = await read('tables.md');
  expect(markdown).toMatch(/^# \.\.\/\.\.\/x\n/);
  expect(markdown).not.toContain('<script>');
  expect(markdown).toContain('| head-none | 1 | 1,234 | <u>31.');
  expect(markdown).toContain('px border left out');
  expect(await read('results.csv')).toContain("\r\n'=<script>alert(1),1,1300,");
  expect((await read('tables.tex')).match(/\\begin\{table\}/g)).toHaveLength(4);
  expect(JSON.parse(await read('statistics.json'))).toEqual(
    JSON.parse(JSON.stringify({ ...summary, answers: answers(summary) })),
  );
  expect(files.every((file) => file.startsWith(join(folder, 'report')))).toBe(true);
  await remove();
});

test('cells of two crops or two sets of classes have tables of their own', async () => {
  const { folder, remove } = await madeStudy({
    a: { settings: { 'evaluation.cropPx': 2 }, withBranch: true },
    b: { settings: { 'evaluation.cropPx': 0 }, cropPx: 0, withBranch: true, classes: [20] },
  });
  const tables = studyTables(await summarizeStudy(folder, { resamples: 100 }));
  await remove();
  expect(tables.map(({ id }) => id)).toEqual([
    'results-1', 'results-2', 'bicubic', 'confusion-1', 'confusion-2',
  ]); // prettier-ignore
  expect(tables[1]?.protocol).toContain('0 px border left out');
  expect(tables[1]?.rows.map(([name]) => name?.text)).toEqual(['bicubic', 'b']);
  expect(tables[2]?.protocol).toContain('2 px border left out');
  expect(tables[4]?.columns.map(({ header }) => header)).toEqual([
    'cell',
    'magnification',
    'taken for 20x',
  ]);
});

test('bicubic has a deviation only where seeds have other test images', async () => {
  const cell = (seed: number) => ({ seed, settings: { seed } });
  const { folder, remove } = await madeStudy({ 'seed-1': cell(1), 'seed-2': cell(2) });
  const [results] = studyTables(await summarizeStudy(folder, { resamples: 100 }));
  await remove();
  expect(results?.rows[0]?.[3]?.text).toBe('30.00');
  expect(results?.rows[1]?.map(({ text }) => text).slice(0, 4)).toEqual([
    'main',
    '2',
    '1,234',
    '31.75 ± 0.00',
  ]);
});

test('text from outside is one line without control characters', () => {
  expect(plainLine(' a\u001b[31m\nb\u0000 ')).toBe('a [31m b');
});

const row = (low: number, high: number, adjustedPValue: number | null) =>
  ({ interval: { low, high }, adjustedPValue }) as ComparisonRow;

test.each([
  [row(0.1, 0.3, 0.01), 'better'],
  [row(-0.3, -0.1, 0.01), 'worse'],
  [row(-0.1, 0.3, 0.01), 'not shown to be more than chance'],
  [row(0.1, 0.3, 0.05), 'not shown to be more than chance'],
  [row(0.1, 0.3, null), 'not shown to be more than chance'],
])('a verdict needs both the interval and the test: %j', (comparison, expected) => {
  expect(verdict(comparison)).toBe(expected);
});

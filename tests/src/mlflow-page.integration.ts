import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellResults } from '@mmsr/core';
import type { Browser, Page } from 'puppeteer-core';
import { launchChromium } from './chromium.js';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { TINY, writeExperiment } from './experiments.js';
import { runsOf, succeeded, type ShownRun } from './mlflow-runs.js';
import { MlflowServer } from './mlflow-server.js';

const QUESTION = 'Does the branch help? <script>alert(1)</script>';
const CELLS = ['head-none', 'head-pooled-linear'];
const SEARCH = 'input[placeholder="Search metric charts"]';
const CARD = '[data-testid="experiment-view-compare-runs-card"]';

let server: MlflowServer;
let browser: Browser;
let page: Page;
let folder: string;
let remove: () => Promise<void>;
let runs: Map<string, ShownRun>;
/** Errors of scripts and dialogs. */
const heard: string[] = [];

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await mkdir(join(folder, 'server'));
  server = await MlflowServer.start(join(folder, 'server'));
  await writeExperiment(folder, [
    ['name: tiny', `name: tiny\ndescription: '${QUESTION}'`],
    ['  test:\n', `  validation: {source: {name: synthetic, count: 1, sizePx: 256}, magnifications: [20, 10], patchPx: 32, count: 2}\n  test:\n`],
    ['logEverySteps: 1', 'logEverySteps: 1, validateEverySteps: 2'],
    ['engine: wasm', `engine: wasm
matrix: {model.head: [null, {name: pooled-linear}]}
compare: {factor: model.head, baseline: null}
tracking: {name: mlflow, uri: "${server.uri}", systemMetricsSeconds: 0.2}`],
  ], TINY); // prettier-ignore
  await succeeded(mmsrRun(['exp.yaml'], folder));
  runs = await runsOf(server, 'tiny');
  browser = await launchChromium();
  page = await browser.newPage();
  page.setDefaultTimeout(60000);
  await page.setViewport({ width: 2000, height: 1600 });
  page.on('pageerror', (error) => heard.push(`error: ${String(error)}`));
  page.on('dialog', (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await remove?.();
});
afterEach(() => expect(heard.splice(0)).toEqual([]));

const idOf = (run: string) => String(runs.get(run)?.info.run_id);
const linkTo = (run: string) => `.ag-row a[href*="${idOf(run)}"]`;
const experimentPage = () => `/experiments/${runs.get('tiny')?.info.experiment_id}/runs`;

const runPage = (run: string) => `${experimentPage()}/${idOf(run)}`;

/** Opens a page of MLflow's, anew even where only the part behind the # differs. */
async function open(path: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${server.uri}/#${path}`);
}

/** Evaluates an expression in the page. */
const ask = async <T>(expression: string) => (await page.evaluate(expression)) as T;

/** Waits until the page says it all. */
async function says(...texts: readonly string[]): Promise<void> {
  const all = JSON.stringify(texts);
  await page
    .waitForFunction(`${all}.every((text) => document.body.innerText.includes(text))`)
    .catch(async () => {
      throw new Error(`${all} is not all in:\n${await ask<string>('document.body.innerText')}`);
    });
}

/** Looks for charts of metrics by a regular expression and waits until all are drawn, with a legend of these runs. */
async function findCharts(
  search: string,
  count: number,
  runNames: readonly string[],
): Promise<void> {
  await page.locator(SEARCH).fill(search);
  const drawn = `[...document.querySelectorAll('${CARD}')].filter((card) =>
    card.querySelector('.scatterlayer .trace') !== null &&
    ${JSON.stringify(runNames)}.every((name) => card.innerText.includes(name)))`;
  await page.waitForFunction(`${drawn}.length === ${count}`);
}

async function resultsOf(cell: string): Promise<CellResults> {
  const path = join(folder, 'runs', 'tiny', cell, 'results.json');
  return JSON.parse(await readFile(path, 'utf8')) as CellResults;
}

/** The heading of the report that the page shows in a frame. */
async function reportHeading(run: string): Promise<string> {
  await open(`${runPage(run)}/artifacts/report.html`);
  const frame = await (await page.waitForSelector('iframe'))?.contentFrame();
  await frame?.waitForSelector('h2#answer');
  return (await frame?.evaluate(`document.querySelector('h2#answer').textContent`)) as string;
}

test('the page of the experiment lists the study above its cells', async () => {
  await open(experimentPage());
  await page.waitForSelector(linkTo('tiny'));
  expect(await page.$(linkTo('head-none'))).toBeNull();
  await page.locator('.ag-pinned-left-cols-container .ag-row button').click();
  for (const cell of CELLS) await page.waitForSelector(linkTo(cell));
});

test('the page of the experiment compares the cells by their metrics', async () => {
  const key = encodeURIComponent('metrics.`test/psnrDb`');
  await open(`${experimentPage()}?orderByKey=${key}&orderByAsc=false&compareRunsMode=CHART`);
  await page.waitForSelector(linkTo('tiny'));
  await findCharts('^test/psnrDb$', 1, CELLS);
  const order = await ask(
    `[...document.querySelectorAll('.ag-row a[href*="/runs/"]')].map((link) => link.textContent)`,
  );
  const psnrDb = async (cell: string) => (await resultsOf(cell)).summary.all?.psnrDb as number;
  const [none, branch] = [await psnrDb('head-none'), await psnrDb('head-pooled-linear')];
  expect(order).toEqual([...(none > branch ? CELLS : CELLS.toReversed()), 'tiny']);
});

test('the page of the study has its question, its answer and its cells', async () => {
  await open(runPage('tiny'));
  await says('Child runs', ...CELLS, 'Does the branch help?');
  await says('The branch (head-pooled-linear instead of head-none) changed PSNR by');
  await open(`${runPage('tiny')}/artifacts`);
  await says('report', 'report.html', 'study.json');
  expect((await reportHeading('tiny')).trim()).toBe(QUESTION);
});

test('the page of a cell has its parameters and metrics', async () => {
  await open(runPage('head-pooled-linear'));
  const { summary } = await resultsOf('head-pooled-linear');
  await says('Finished', 'Parent run', 'loss', 'validation/psnrDb');
  await says('test/psnrDb', String(summary.all?.psnrDb));
  await says('test/20x.ssim', String(summary['20']?.ssim));
  await page.locator('input[placeholder="Search parameters"]').fill('model.');
  await says('model.backbone.name', 'edsr', 'model.head.name', 'pooled-linear');
});

test('the metrics of a cell are curves in sections, its pictures a grid', async () => {
  await open(`${runPage('head-pooled-linear')}/model-metrics`);
  await says('Model metrics', 'validation', 'test images');
  const search = '^(loss|learningRate|validation/(psnrDb|ssim))$';
  await page.locator(SEARCH).fill(search);
  for (const panel of ['lr', 'bicubic', 'sr', 'hr']) {
    const sidePx = panel === 'lr' ? 16 : 32;
    await page.waitForFunction(
      `[...document.querySelectorAll('${CARD}')].some((card) =>
        card.innerText.includes('test images/10x-1 ${panel}') &&
        card.querySelector('input')?.value === '6' &&
        card.querySelector('img')?.naturalWidth === ${sidePx})`,
    );
  }
  // Charts are drawn where they are seen, so the pictures above them are folded.
  await page.locator('::-p-text(test images)').click();
  await findCharts(search, 4, ['head-pooled-linear']);
  const lines = await ask<string[]>(
    `[...document.querySelectorAll('${CARD} .scatterlayer .js-line')].map((line) => line.getAttribute('d'))`,
  );
  // Three validations and six steps: more than one point each.
  expect(lines.length).toBeGreaterThanOrEqual(4);
  expect(lines.filter((path) => !/^M.*L/.test(path))).toEqual([]);
});

test('the system metrics of a cell are listed', async () => {
  await open(`${runPage('head-pooled-linear')}/system-metrics`);
  await says('system_memory_usage_percentage');
});

test('the files of a cell are listed, its report is shown', async () => {
  await open(`${runPage('head-pooled-linear')}/artifacts`);
  await says('events.jsonl', 'manifest.json', 'results.json', 'report.html', 'pictures');
  expect(await reportHeading('head-pooled-linear')).toContain('better than bicubic interpolation?');
});

import { readFileSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadStudyRuns, summarizeRuns, writeReport } from '@mmsr/report';
import type { Browser, Page } from 'puppeteer-core';
import { madePng } from '../../packages/report/dist/testing/made-png.js';
import { launchChromium } from './chromium.js';
import { EVIL, largeStudy } from '../../packages/report/dist/testing/large-study.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let report: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  const made = await largeStudy();
  remove = made.remove;
  const { folder } = made;
  const runs = await loadStudyRuns(folder);
  report = await writeReport({ folder, runs, summary: summarizeRuns(runs, { resamples: 200 }) });
  browser = await launchChromium();
}, 300000);
afterAll(async () => {
  await browser?.close();
  await remove?.();
});

interface Opened {
  readonly page: Page;
  /** What the console said, errors of scripts, dialogs, and requests for anything but the page and its data. */
  readonly heard: string[];
}

async function open(
  path: string,
  { theme = 'light', widthPx = 1200 }: { theme?: 'light' | 'dark'; widthPx?: number } = {},
): Promise<Opened> {
  const page = await browser.newPage();
  const heard: string[] = [];
  const url = pathToFileURL(path).href;
  page.on('console', (message) => heard.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => heard.push(`error: ${String(error)}`));
  page.on('dialog', (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) heard.push(request.url());
  });
  await page.setViewport({ width: widthPx, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  await page.goto(url);
  return { page, heard };
}

/** Evaluates an expression in the page. */
const ask = async <T>(page: Page, expression: string) => (await page.evaluate(expression)) as T;

test('a study of 18 cells and 200 images is under 15 MB, says nothing and loads nothing', async () => {
  expect((await stat(report)).size).toBeLessThan(15e6);
  const { page, heard } = await open(report);
  expect(await ask(page, `document.querySelectorAll('figure.example').length`)).toBeGreaterThan(12);
  await ask(page, `document.querySelectorAll('details').forEach((one) => (one.open = true))`);
  expect(heard).toEqual([]);
  await page.close();
});

test('names from outside are shown as they are and are nothing but text', async () => {
  const { page, heard } = await open(report);
  expect(await ask(page, `document.querySelector('h1').textContent`)).toBe(EVIL.text);
  expect(await page.title()).toBe(`${EVIL.text}: report`);
  expect(await ask(page, `document.querySelector('h2').textContent`)).toContain(EVIL.attribute);
  const text = await ask<string>(page, 'document.body.textContent');
  expect(text).toContain(`Not started: ${EVIL.path}.`);
  expect(text).toContain(`${EVIL.path}/${EVIL.attribute}slide-`);
  expect(await ask(page, `document.querySelectorAll('script').length`)).toBe(1);
  expect(
    await ask(
      page,
      `document.querySelectorAll('[onerror], img:not([src^="data:image/png"])').length`,
    ),
  ).toBe(0);
  expect(heard).toEqual([]);
  await page.close();
});

test('the page’s policy refuses scripts and pictures that are not its own', async () => {
  const beside = (name: string) => join(report, '..', name);
  await writeFile(beside('x.png'), madePng(8, 8));
  const injected = `<script>document.title = 'owned'</script><img id="x" src="x.png" onload="document.title = 'owned'">`;
  const text = readFileSync(report, 'utf8');
  await writeFile(beside('evil.html'), text.replace('<main>', `<main>${injected}`));
  const { page, heard } = await open(beside('evil.html'));
  expect(await page.title()).toBe(`${EVIL.text}: report`);
  expect(await ask(page, `document.querySelector('#x').naturalWidth`)).toBe(0);
  const refused = heard.filter((line) =>
    line.includes('violates the following Content Security Policy'),
  );
  expect(refused.length).toBe(3);
  await page.close();
});

test.each(['light', 'dark'] as const)('axe finds no serious fault, %s', async (theme) => {
  const { page } = await open(report, { theme });
  await ask(page, `document.querySelectorAll('details').forEach((one) => (one.open = true))`);
  await page.evaluate(AXE);
  const violations = await ask<{ id: string; impact: string; nodes: { html: string }[] }[]>(
    page,
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 2).map(({ html }) => ({ html: html.slice(0, 300) })) })))`,
  );
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual(
    [],
  );
  await page.close();
});

test('light and dark differ, and follow the reader’s choice', async () => {
  const paper = async (theme: 'light' | 'dark') => {
    const { page } = await open(report, { theme });
    const color = await ask<string>(page, 'getComputedStyle(document.body).backgroundColor');
    await page.close();
    return color;
  };
  expect([await paper('light'), await paper('dark')]).toEqual([
    'rgb(255, 255, 255)',
    'rgb(20, 23, 27)',
  ]);
});

test('on a phone nothing is wider than the screen', async () => {
  const { page } = await open(report, { widthPx: 360 });
  await ask(page, `document.querySelectorAll('details').forEach((one) => (one.open = true))`);
  expect(await ask(page, 'document.documentElement.scrollWidth')).toBe(360);
  await page.close();
});

test('the slider is reached and moved by keyboard, and the choices change the pictures', async () => {
  const { page, heard } = await open(report);
  const viewer = `document.querySelector('.example .viewer')`;
  const at = () =>
    ask<string>(page, `${viewer}.querySelector('.stage').style.getPropertyValue('--at')`);
  expect(await at()).toBe('50%');
  await ask(
    page,
    `document.querySelector('#images').setAttribute('tabindex', '-1'), document.querySelector('#images').focus()`,
  );
  let presses = 0;
  while ((await ask(page, 'document.activeElement.type')) !== 'range' && presses++ < 5) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await at()).toBe('52%');
  await page.keyboard.press('Home');
  expect(await at()).toBe('0%');
  expect(await ask(page, `document.activeElement.getAttribute('aria-valuetext')`)).toBe(
    '0 % bicubic, the rest SR',
  );
  const shows = (key: string) =>
    ask(
      page,
      `${viewer}.querySelector('.over').src === document.querySelector('.example [data-panel="${key}"]').src`,
    );
  expect([await shows('sr'), await shows('error')]).toEqual([true, false]);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('error');
  expect([await shows('sr'), await shows('error')]).toEqual([false, true]);
  expect(heard).toEqual([]);
  await page.close();
});

test('dragging over an image moves the line to the pointer', async () => {
  const { page } = await open(report);
  const stage = await page.$('.stage');
  await stage?.scrollIntoView();
  const box = await stage?.boundingBox();
  if (box === undefined || box === null) throw new Error('no stage');
  await page.mouse.move(box.x + 0.5 * box.width, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.25 * box.width, box.y + 10);
  await page.mouse.up();
  expect(await ask(page, `document.querySelector('.stage').style.getPropertyValue('--at')`)).toBe(
    '25%',
  );
  await page.close();
});

test('on paper the pictures stand side by side, and what was closed is open', async () => {
  const { page } = await open(report);
  await ask(page, `dispatchEvent(new Event('beforeprint'))`);
  await page.emulateMediaType('print');
  const display = (selector: string) =>
    ask(page, `getComputedStyle(document.querySelector('${selector}')).display`);
  expect([await display('.panels'), await display('.viewer')]).toEqual(['grid', 'none']);
  expect(await ask(page, `document.querySelectorAll('details:not([open])').length`)).toBe(0);
  await ask(page, `dispatchEvent(new Event('afterprint'))`);
  expect(await ask(page, `document.querySelectorAll('details[open]').length`)).toBe(0);
  await page.close();
});

test('without its script the page still has every picture', async () => {
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(false);
  await page.goto(pathToFileURL(report).href);
  expect((await page.$$('.panels img')).length).toBeGreaterThan(60);
  expect(await (await page.$('.panels'))?.isVisible()).toBe(true);
  await page.close();
});

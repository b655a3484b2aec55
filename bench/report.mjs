// How large the report of a study of 18 cells with 204 test images is, how long it takes to write, and how long
// Chromium takes to open it. Writes RESULTS-report.md.
//
//   node bench/report.mjs
import { statSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';
import { loadStudyRuns, summarizeRuns, writeReport } from '@mmsr/report';
import { largeStudy } from '../packages/report/dist/testing/large-study.js';
import { describeMachine, formatMarkdown, median } from './machine.mjs';

const ROUNDS = 7;

async function measure(work) {
  const beganMs = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - beganMs) / 1000 };
}

/** Milliseconds from the start of the navigation to the end of loading and to the first picture of the page. */
async function openOnce(url) {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
  const page = await browser.newPage();
  await page.goto(url, { waitUntil: 'load' });
  // The paint after loading: what the script adds is laid out and drawn by then.
  const times = await page.evaluate(`new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve({
      load: performance.getEntriesByType('navigation')[0].loadEventEnd,
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
      drawn: performance.now(),
    }))))`);
  await browser.close();
  return times;
}

const { folder, remove } = await largeStudy();
try {
  const loading = await measure(() => loadStudyRuns(folder));
  const statistics = await measure(async () => summarizeRuns(loading.result));
  const writing = await measure(() =>
    writeReport({ folder, runs: loading.result, summary: statistics.result }),
  );
  const megabytes = statSync(writing.result).size / 1e6;
  const times = [];
  for (let i = 0; i < ROUNDS; i++) times.push(await openOnce(pathToFileURL(writing.result).href));
  const of = (name) => times.map((time) => time[name]);
  const milliseconds = (name) =>
    `${median(of(name)).toFixed(0)} ms (largest ${Math.max(...of(name)).toFixed(0)} ms)`;
  const table = formatMarkdown(
    ['what', 'measured'],
    [
      ['size', `${megabytes.toFixed(1)} MB`],
      ['reading the study', `${loading.seconds.toFixed(1)} s`],
      ['statistics', `${statistics.seconds.toFixed(1)} s`],
      ['writing report.html', `${writing.seconds.toFixed(1)} s`],
      ['opening: first paint', milliseconds('paint')],
      ['opening: loaded', milliseconds('load')],
      ['opening: loaded and drawn', milliseconds('drawn')],
    ],
  );
  const text = `# The report of a large study

18 cells (three backbones, with and without the branch, three seeds), 204 test images each, 2,000 logged steps,
pictures of 192 pixels. Opened ${ROUNDS} times in a new headless Chromium without a GPU: medians.

${table}

${describeMachine([])}. Made by \`node bench/report.mjs\`.
`;
  writeFileSync(new URL('RESULTS-report.md', import.meta.url), text);
  console.log(text);
} finally {
  await remove();
}

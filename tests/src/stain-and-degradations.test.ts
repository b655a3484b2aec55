import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
// First of all: tsyringe needs the reflection that core brings.
import '@mmsr/core';
import { dataPlugins, syntheticSource, writePng } from '@mmsr/data';
import { checkStudy, loadStudy } from 'mmsr-run';
import { temporaryFolder } from './command-line.js';

/* Every experiment of docs/stain-and-degradations.md is checked as it is written, on drawn slides. */

const page = await readFile(
  new URL('../../docs/stain-and-degradations.md', import.meta.url),
  'utf8',
);
const files = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match): [string, string] => {
  const text = match[1] as string;
  return [/^name: (.*)$/m.exec(text)?.[1] ?? '', text];
});

let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const look = { glands: 0.45, lymphocytes: 0.3, stainVariation: 0.5, noise: 1.5 };
  const options = { count: 3, sizePx: 400, magnification: 20, ...look };
  const context = { seed: 1, split: 'train', scale: 2, folder } as const;
  const source = await syntheticSource.create(options, context);
  for (const [index, path] of [
    'slides/train/a.png',
    'slides/test/b.png',
    'reference.png',
  ].entries()) {
    const { hr } = await source.read(index, 20, { x: 0, y: 0, width: 400, height: 400 });
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writePng(join(folder, path), hr);
  }
  await source.close();
});
afterAll(() => remove());

test.each(files)('%s is an experiment that nothing is wrong with', async (name, text) => {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, text);
  const study = await loadStudy(file);
  const checks = await checkStudy(study);
  expect(checks.length).toBe(study.cells.length);
  expect(checks.flatMap(({ warnings }) => warnings)).toEqual([]);
  const usesReference = (data: string) => data.includes('reference.png');
  for (const [i, { references }] of checks.entries()) {
    const { data } = (study.cells[i] as (typeof study.cells)[0]).experiment;
    expect(Object.keys(references)).toEqual(
      usesReference(JSON.stringify(data)) ? ['reference.png'] : [],
    );
  }
});

test('no method and no degradation of ours is left out', () => {
  const all = files.map(([, text]) => text).join();
  for (const method of ['macenko', 'vahadane', 'reinhard']) {
    expect(all).toContain(`name: stain-normalize, method: ${method}`);
  }
  for (const method of ['hed', 'macenko', 'vahadane', 'reinhard']) {
    expect(all).toContain(`name: stain-jitter, method: ${method}`);
  }
  const degradations = dataPlugins.filter(({ kind }) => kind === 'degradation');
  for (const { name } of degradations) expect(all).toContain(`name: ${name}`);
});

const OPTIONS = dataPlugins.flatMap(({ kind, name, configSchema }) =>
  kind === 'degradation'
    ? Object.keys((configSchema as { properties: object }).properties).map((key) => [name, key])
    : [],
);

test.each(OPTIONS)('the page has a row for the option of %s: %s', (name, key) => {
  const section = page.slice(page.indexOf(`### \`${name}\``));
  expect(section.slice(0, section.indexOf('```yaml'))).toMatch(new RegExp(`^\\| \`${key}\` `, 'm'));
});

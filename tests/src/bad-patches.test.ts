import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '@mmsr/core';
import { mmsrRun, temporaryFolder } from './command-line.js';
import { writeExperiment } from './experiments.js';

/** Grey images of which those with `bad` in their id cannot be read left of x = 4. */
const PLUGIN = `
import { defineSource, MmsrError, Type } from '@mmsr/core';
export default defineSource({ name: 'torn', apiVersion: 1, configSchema: Type.Object({}),
  create: async () => {
    const size = { widthPx: 64, heightPx: 64, magnification: 20, micronsPerPixel: 0.5 };
    const images = ['good', 'bad'].map((id) => ({ id, group: id, digest: id, ...size }));
    const read = async (index, magnification, { x, width, height }) => {
      if (index === 1 && x < 4) throw new MmsrError('E_IMAGE', 'is torn');
      return { hr: { widthPx: width, heightPx: height, data: new Uint8Array(width * height * 3).fill(99) } };
    };
    return { images, read, close: async () => {} };
  } });
`;

let folder: string;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await writeFile(join(folder, 'torn.mjs'), PLUGIN);
});
afterEach(() => remove());

async function warnings(): Promise<string[]> {
  const text = await readFile(join(folder, 'runs', 'tiny', 'main', 'events.jsonl'), 'utf8');
  const lines = text.trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as RunEvent)
    .flatMap((event) => (event.type === 'warning' ? [event.message] : []));
}

test('a torn image ends the run, which goes on with onBadPatch: skip and says what it skipped', async () => {
  const file = await writeExperiment(folder, [
    ['scale: 2', 'scale: 2\nplugins: [./torn.mjs]'],
    ['source: {name: synthetic, count: 1, sizePx: 256}', 'source: {name: torn}'],
  ]);
  const failed = await mmsrRun([file], folder);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/bad at \d+x, x [0-3], y \d+: is torn \[E_IMAGE\]/);

  const { code, stderr } = await mmsrRun([file, '--set', 'data.onBadPatch=skip'], folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const [first, sum] = await warnings();
  expect(first).toMatch(/^a patch was skipped: bad at \d+x, x [0-3], y \d+: is torn \[E_IMAGE\]$/);
  expect(sum).toMatch(/^\d of \d+ patches could not be read and were replaced: bad \(\d\)$/);
  expect(stderr).toContain(`main: warning: ${sum}`);
});

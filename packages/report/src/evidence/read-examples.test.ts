import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoneCell } from '../study/done-cell.js';
import { madePng } from '../testing/made-png.js';
import { PANELS, readExamples } from './read-examples.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mmsr-examples-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function keep(folder: string, bytes: Buffer = madePng(6, 4)): Promise<void> {
  await mkdir(join(directory, folder), { recursive: true });
  for (const panel of PANELS) await writeFile(join(directory, folder, `${panel}.png`), bytes);
}

const events = (...kept: [string, string][]) =>
  writeFile(
    join(directory, 'events.jsonl'),
    kept.map(([key, path]) => `${JSON.stringify({ type: 'image', key, path })}\n`).join(''),
  );

const cell = (...ids: [string, number][]) =>
  ({ images: ids.map(([id, magnification]) => ({ id, magnification })) }) as unknown as DoneCell;

test('best, median and worst by magnification, each with its result and its pictures', async () => {
  for (const name of ['2.5x-best', '20x-worst', '20x-best', '20x-1']) await keep(`images/${name}`);
  await events(
    ['test/c', 'images/20x-1.png'],
    ['test-best/old', 'images/20x-best.png'],
    ['test-worst/b', 'images/20x-worst.png'],
    ['test-best/a', 'images/20x-best.png'],
    ['test-best/<b>/../x', 'images/2.5x-best.png'],
  );
  const found = await readExamples(
    directory,
    cell(['a', 20], ['b', 20], ['<b>/../x', 2.5], ['old', 20]),
  );
  expect(found.map(({ rank, result }) => [result.magnification, rank, result.id])).toEqual([
    [20, 'best', 'a'],
    [20, 'worst', 'b'],
    [2.5, 'best', '<b>/../x'],
  ]);
  expect(found[0]?.panels.sr).toMatchObject({ widthPx: 6, heightPx: 4 });
  expect(found[0]?.panels.sr.dataUri).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
  expect(found[0]?.size).toBe(5 * (found[0]?.panels.sr.dataUri.length ?? 0));
});

test('paths that lead elsewhere are not followed', async () => {
  await keep('20x-best');
  await keep('images/20x-best');
  await events(
    ['test-best/a', '../20x-best.png'],
    ['test-best/a', 'images/../20x-best.png'],
    ['test-best/a', '/images/20x-best.png'],
    ['test-worst/a', 'images/20x-best.png'],
  );
  expect(await readExamples(directory, cell(['a', 20]))).toEqual([]);
});

test('what is missing, no PNG or of no image of the results is left out', async () => {
  await keep('images/20x-best', Buffer.from('<script>alert(1)</script> and more'));
  await keep('images/20x-worst');
  await events(
    ['test-best/a', 'images/20x-best.png'],
    ['test-worst/unknown', 'images/20x-worst.png'],
    ['test-median/a', 'images/20x-median.png'],
  );
  expect(await readExamples(directory, cell(['a', 20]))).toEqual([]);
});

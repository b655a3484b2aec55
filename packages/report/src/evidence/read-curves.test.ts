import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCurves, thinned } from './read-curves.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mmsr-curves-'));
});
afterEach(() => rm(directory, { recursive: true }));

const metrics = (step: number, values: object) => JSON.stringify({ type: 'metrics', step, values });

test('values are by step, a step done again counts as the last time, other lines are left out', async () => {
  const lines = [
    metrics(10, { loss: 3, __proto__: 1 }),
    metrics(20, { loss: 2, 'validation.psnrDb': 30 }),
    '{"type":"metrics","step":20,"val',
    JSON.stringify({ type: 'state', state: 'resumed', step: 10, message: '"metrics"' }),
    'null "metrics"',
    metrics(20, { loss: 1, ssim: null }),
    '{"type":"metrics","step":15,"values":{"__proto__":7}}',
  ];
  await writeFile(join(directory, 'events.jsonl'), lines.join('\n'));
  const curves = await readCurves(directory);
  expect([...curves]).toEqual([
    ['loss', [{ step: 10, value: 3 }, { step: 20, value: 1 }]],
    ['validation.psnrDb', [{ step: 20, value: 30 }]],
    ['__proto__', [{ step: 15, value: 7 }]],
  ]); // prettier-ignore
});

test('a run without events has no curves', async () => {
  expect((await readCurves(directory)).size).toBe(0);
});

test('thinning takes means of neighbours and keeps the mean of all', () => {
  const points = Array.from({ length: 10 }, (_, i) => ({ step: i, value: 2 * i }));
  expect(thinned(points, 10)).toEqual(points);
  expect(thinned(points, 5)).toEqual(
    [0.5, 2.5, 4.5, 6.5, 8.5].map((step) => ({ step, value: 2 * step })),
  );
});

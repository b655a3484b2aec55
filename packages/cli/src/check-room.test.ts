import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Experiment } from '@mmsr/core';
import { checkRoom } from './check-room.js';
import type { CellCheck } from './check.js';
import type { LoadedStudy } from './study.js';

const training = { ema: null, keep: 2, keepBest: null, steps: 9, checkpointEverySteps: 3 };
const experiment = { name: 'room', training, data: {}, engine: {} } as unknown as Experiment;
const device = { engine: 'cpu' };
const manifest = { cell: 'main', experiment, device, versions: {}, plugins: [], data: {} };
const results = {
  seed: 1,
  scale: 2,
  parameters: { total: 1000 },
  protocol: {},
  summary: {},
  confusion: null,
  images: [{ id: 'a', group: 'a', magnification: 20, bicubic: {} }],
};
const study = { name: 'room', cells: [{ name: 'main', experiment }] } as unknown as LoadedStudy;
const checks = [{ cell: 'main', parameters: 1000, references: {} }] as unknown as CellCheck[];
/** Weights and two moments of four bytes each. */
const CHECKPOINT_BYTES = 12_000;

let out: string;
let run: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'mmsr-room-'));
  run = join(out, 'room', 'main');
  await mkdir(join(run, 'checkpoints'), { recursive: true });
  await writeFile(join(run, 'manifest.json'), JSON.stringify(manifest));
});
afterEach(() => rm(out, { recursive: true }));

async function lay(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(run, 'checkpoints', name));
    const path = join(run, 'checkpoints', name, 'model.safetensors');
    await writeFile(path, Buffer.alloc(CHECKPOINT_BYTES));
  }
}

const needed = async () => (await checkRoom(study, checks, out)).neededBytes / CHECKPOINT_BYTES;

test('the kept checkpoints and the one being written are asked for', async () => {
  expect(await needed()).toBe(3);
});

test('checkpoints that lie there already are not asked for again', async () => {
  await lay('3');
  expect(await needed()).toBe(2);
  await lay('6.1.tmp');
  expect(await needed()).toBe(1);
});

test('the next checkpoint is written before one is removed', async () => {
  await lay('1', '2', '3', '4');
  expect(await needed()).toBe(1);
});

test('a run that is trained takes no more', async () => {
  await lay('3', '6', '9');
  expect(await needed()).toBe(0);
});

test('a damaged checkpoint makes no room', async () => {
  await lay('3.damaged', '6.damaged.2');
  expect(await needed()).toBe(3);
});

test('checkpoints of another experiment make no room', async () => {
  await lay('3');
  const other = { ...experiment, training: { ...training, steps: 8 } };
  await writeFile(join(run, 'manifest.json'), JSON.stringify({ experiment: other }));
  expect(await needed()).toBe(3);
});

test('a done cell takes nothing', async () => {
  await writeFile(join(run, 'results.json'), JSON.stringify(results));
  expect(await needed()).toBe(0);
});

import '@tensorflow/tfjs-backend-cpu';
import {
  rename,
  symlink,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conv2d } from '../model/layers.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { randomStream } from '../random/random-stream.js';
import { initialArrays } from '../training/named-arrays.js';
import { readEvents } from './event-log.js';
import { RunDirectory } from './run-directory.js';

let path: string;
let run: RunDirectory;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'mmsr-damage-'));
  run = new RunDirectory(path);
  await mkdir(run.checkpoints);
  for (const step of [5, 10]) await save(step);
});
afterEach(() => rm(path, { recursive: true }));

const parameters = ParameterScope.root(1);
conv2d(parameters.scope('conv'), 3, 2, 3);

async function save(step: number): Promise<void> {
  const arrays = () => initialArrays(parameters.all);
  const moments = { firstMoment: arrays(), secondMoment: arrays() };
  const state = { step, parameters: arrays(), ...moments, average: arrays() };
  await run.save(parameters, { state }, { keep: 3 });
}

const warnings = async () =>
  (await readEvents(join(path, 'events.jsonl'))).filter(({ type }) => type === 'warning');

/** Every file of the newest checkpoint, with a run of random places in them. */
async function places(count: number): Promise<{ file: string; bytes: Buffer; at: number }[]> {
  const folder = join(run.checkpoints, '10');
  const names = (await readdir(folder)).sort();
  expect(names.length).toBe(4);
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const random = randomStream(1, 'damage');
  return Array.from({ length: count }, (_, i) => {
    const [name, bytes] = [names[i % 4] as string, files[i % 4] as Buffer];
    const at = Math.floor(random.uniform() * bytes.length);
    return { file: join(folder, name), bytes, at };
  });
}

async function expectFallback(file: string, bytes: Buffer): Promise<void> {
  const told: string[] = [];
  const checkpoint = await run.newestCheckpoint(parameters, (message) => told.push(message));
  expect(checkpoint?.state.step).toBe(5);
  expect(told).toEqual([expect.stringContaining('the checkpoint of step 10 is damaged')]);
  await rename(join(run.checkpoints, '10.damaged'), join(run.checkpoints, '10'));
  await writeFile(file, bytes);
  expect((await run.newestCheckpoint(parameters))?.state.step).toBe(10);
}

test('cut at 200 places, the newest is found damaged each time, and the one before is used', async () => {
  for (const { file, bytes, at } of await places(200)) {
    await truncate(file, at);
    await expectFallback(file, bytes);
  }
  expect((await warnings()).length).toBe(200);
});

test('with each of 200 bits turned, the newest is found damaged, and the one before is used', async () => {
  for (const [i, { file, bytes, at }] of (await places(200)).entries()) {
    const changed = Buffer.from(bytes);
    changed[at] = (bytes[at] as number) ^ (1 << (i % 8));
    await writeFile(file, changed);
    await expectFallback(file, bytes);
  }
  expect((await warnings()).length).toBe(200);
});

test('damaged again at the same step, both are kept', async () => {
  for (const name of ['10.damaged', '10.damaged.2']) {
    await rm(join(run.checkpoints, '10', 'state.json'));
    expect((await run.newestCheckpoint(parameters))?.state.step).toBe(5);
    expect(await readdir(run.checkpoints)).toContain(name);
    await save(10);
  }
});

test('when none is whole the run does not begin again, and nothing is moved', async () => {
  for (const step of ['5', '10']) await truncate(join(run.checkpoints, step, 'state.json'), 3);
  const before = await readdir(run.checkpoints);
  await expect(run.newestCheckpoint(parameters)).rejects.toMatchObject({
    code: 'E_CHECKPOINT',
    where: run.checkpoints,
    message: expect.stringContaining('10/state.json') as string,
  });
  expect(await readdir(run.checkpoints)).toEqual(before);
});

test('when only damaged ones are left the run does not begin again', async () => {
  await truncate(join(run.checkpoints, '10', 'state.json'), 3);
  await run.newestCheckpoint(parameters);
  await rm(join(run.checkpoints, '5'), { recursive: true });
  await expect(run.newestCheckpoint(parameters)).rejects.toMatchObject({ code: 'E_CHECKPOINT' });
});

test('a checkpoint of another model is no damage: it stays where it is', async () => {
  const other = ParameterScope.root(1);
  conv2d(other.scope('other'), 3, 2, 3);
  await expect(run.newestCheckpoint(other)).rejects.toThrow('"other.weight"');
  expect((await readdir(run.checkpoints)).sort()).toEqual(['10', '5']);
});

test('one that cannot be read for another reason is no damage', async () => {
  const file = join(run.checkpoints, '10', 'state.json');
  await rm(file);
  await symlink(file, file);
  await expect(run.newestCheckpoint(parameters)).rejects.toMatchObject({ code: 'E_FILE' });
  expect((await readdir(run.checkpoints)).sort()).toEqual(['10', '5']);
});

import '@tensorflow/tfjs-backend-cpu';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../contracts/tracker.js';
import { conv2d } from '../model/layers.js';
import { ParameterScope } from '../model/parameter-scope.js';
import { initialArrays } from '../training/named-arrays.js';
import type { Manifest } from './manifest.js';
import { RunDirectory } from './run-directory.js';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'mmsr-run-'));
});
afterEach(() => rm(path, { recursive: true }));

const manifest = (changes: object = {}, digest = 'd') =>
  ({
    format: 1,
    experiment: {
      scale: 2,
      description: 'a',
      training: { steps: 5, keep: 1 },
      data: { workers: 1, onBadPatch: 'error', test: {} },
      ...changes,
    },
    data: { test: { images: [{ id: 'x', digest }], samples: {} } },
  }) as unknown as Manifest;

const events = async () =>
  (await readFile(join(path, 'events.jsonl'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);

test('another experiment is refused with what differs', async () => {
  await new RunDirectory(path).claim(manifest());
  const other = manifest({ scale: 3, training: { steps: 6, keep: 1 } });
  await expect(new RunDirectory(path).claim(other)).rejects.toThrow(
    'scale was 2, is 3; training.steps was 5, is 6',
  );
});

test('other images are refused', async () => {
  await new RunDirectory(path).claim(manifest());
  await expect(new RunDirectory(path).claim(manifest({}, 'e'))).rejects.toThrow('images');
});

test('another reference image under the same name is refused', async () => {
  const withReference = (digest: string) => ({ ...manifest(), references: { 'ref.png': digest } });
  await new RunDirectory(path).claim(withReference('r'));
  await new RunDirectory(path).claim(withReference('r'));
  await expect(new RunDirectory(path).claim(withReference('s'))).rejects.toThrow(
    'the reference image is not the same: ref.png',
  );
});

test('what changes no result may differ', async () => {
  await new RunDirectory(path).claim(manifest());
  const other = manifest({
    description: 'b',
    data: { workers: 4, onBadPatch: 'skip', test: {} },
    training: { steps: 5, keep: 9 },
  });
  await new RunDirectory(path).claim(other);
  expect((await new RunDirectory(path).manifest())?.experiment.description).toBe('a');
});

test('events are appended with their time, and the listener follows', async () => {
  const run = new RunDirectory(path);
  await run.claim(manifest());
  const heard: RunEvent[] = [];
  run.onEvent((event) => heard.push(event));
  await run.record({ type: 'metrics', step: 1, values: { loss: 0.5 } });
  await run.record({ type: 'state', state: 'done', step: 2 });
  expect(await events()).toEqual(heard);
  expect(heard[0]).toMatchObject({ type: 'metrics', step: 1, values: { loss: 0.5 } });
  expect(Math.abs((heard[0] as RunEvent).time - Date.now())).toBeLessThan(60000);
});

test('a line that a crash cut off does not spoil the next one', async () => {
  await new RunDirectory(path).claim(manifest());
  await appendFile(join(path, 'events.jsonl'), '{"type":"met');
  const run = new RunDirectory(path);
  await run.claim(manifest());
  await run.record({ type: 'state', state: 'done', step: 2 });
  const lines = (await readFile(join(path, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ state: 'done' });
});

test('a damaged newest checkpoint is kept aside, reported, and the one before is used', async () => {
  const parameters = ParameterScope.root(1);
  conv2d(parameters.scope('conv'), 1, 1, 1);
  const arrays = () => initialArrays(parameters.all);
  const run = new RunDirectory(path);
  await run.claim(manifest());
  for (const step of [5, 10]) {
    const state = { step, parameters: arrays(), firstMoment: arrays(), secondMoment: arrays() };
    await run.save(parameters, state, 3);
  }
  await writeFile(join(run.checkpoints, '10', 'model.safetensors'), 'gone');
  expect((await run.newestState(parameters))?.step).toBe(5);
  const warning = (await events()).at(-1);
  expect(warning).toMatchObject({ type: 'warning', step: 10 });
  expect(await readFile(join(run.checkpoints, '10.damaged', 'model.safetensors'), 'utf8')).toBe(
    'gone',
  );
});

test('results.json that is no JSON is an error that names it', async () => {
  await writeFile(join(path, 'results.json'), '{');
  await expect(new RunDirectory(path).results()).rejects.toMatchObject({
    code: 'E_RUN_DIRECTORY',
    where: join(path, 'results.json'),
  });
});

test('a cell without results is not done', async () => {
  expect(await new RunDirectory(path).results()).toBeUndefined();
});

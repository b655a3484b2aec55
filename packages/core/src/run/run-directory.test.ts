import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../contracts/tracker.js';
import { DIFFERENCE_KINDS, type DifferenceKind, type Manifest } from './manifest.js';
import { RunDirectory } from './run-directory.js';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'mmsr-run-'));
});
afterEach(() => rm(path, { recursive: true }));

const manifest = (changes: object = {}, digest = 'd') =>
  ({
    format: 1,
    cell: 'main',
    experiment: {
      engine: { name: 'wasm' },
      scale: 2,
      description: 'a',
      training: { steps: 5, keep: 1 },
      data: { workers: 1, onBadPatch: 'error', test: {} },
      ...changes,
    },
    data: { test: { images: [{ id: 'x', digest }], samples: {} } },
    created: '2026-01-01T00:00:00.000Z',
    versions: { '@mmsr/core': '1.0.0', node: '20.0.0' },
    plugins: [{ kind: 'backbone', name: 'rcan', package: 'p', version: '1.0.0' }],
    device: { engine: 'wasm', version: '4.22.0', device: 'cpu', threads: 2 },
  }) as unknown as Manifest;

const events = async () =>
  (await readFile(join(path, 'events.jsonl'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);

test('another experiment is refused with what differs', async () => {
  await new RunDirectory(path).claim(manifest());
  const larger = manifest({ scale: 3, training: { steps: 6, keep: 1 } });
  await expect(new RunDirectory(path).claim(larger)).rejects.toThrow(
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
  const reworded = manifest({
    description: 'b',
    data: { workers: 4, onBadPatch: 'skip', test: {} },
    training: { steps: 5, keep: 9 },
  });
  await new RunDirectory(path).claim(reworded);
  expect((await new RunDirectory(path).manifest())?.experiment.description).toBe('a');
});

const other = manifest();
test.each<[DifferenceKind, Partial<Manifest>, string]>([
  ['configuration', { experiment: manifest({ scale: 3 }).experiment }, 'scale was 2, is 3'],
  ['data', { data: manifest({}, 'e').data }, 'the images of data.test'],
  [
    'versions',
    { plugins: other.plugins.map((plugin) => ({ ...plugin, version: '1.1.0' })) },
    'backbone rcan was "1.0.0", is "1.1.0"',
  ],
  [
    'versions',
    { versions: { '@mmsr/core': '1.0.1', node: '22.0.0' } },
    '@mmsr/core was "1.0.0", is "1.0.1"',
  ],
  ['engine', { device: { ...other.device, engine: 'cpu' } }, 'device.engine was "wasm", is "cpu"'],
  ['engine', { device: { ...other.device, version: '5' } }, 'device.version was "4.22.0", is "5"'],
])('a run that goes on with other %s is refused unless it is allowed, and noted', async (kind, change, text) => {
  await new RunDirectory(path).claim(manifest());
  const changed = { ...manifest(), ...change };
  const others = DIFFERENCE_KINDS.filter((one) => one !== kind);
  await expect(new RunDirectory(path).claim(changed, others)).rejects.toMatchObject({
    code: 'E_RUN_DIRECTORY',
    message: expect.stringContaining(text) as string,
    advice: expect.stringContaining(`--allow ${kind}`) as string,
  });
  const run = new RunDirectory(path);
  await run.claim(changed, [kind]);
  const [noted] = (await run.manifest())?.resumedWith ?? [];
  expect(noted?.differences).toEqual([expect.stringContaining(text)]);
  expect((await events()).at(-1)).toMatchObject({ type: 'warning' });
  await new RunDirectory(path).claim(changed);
}); // prettier-ignore

test('another number of threads is noted, not refused', async () => {
  await new RunDirectory(path).claim(manifest());
  const run = new RunDirectory(path);
  await run.claim({ ...manifest(), device: { ...other.device, threads: 8 } });
  expect((await events()).at(-1)).toMatchObject({ type: 'warning' });
  expect((await run.manifest())?.resumedWith?.[0]?.differences[0]).toContain('began on 2 threads');
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

const RECORDS = ['manifest', 'seal', 'results'] as const;
const HOSTILE = [
  'null',
  '{}',
  '[]',
  '{"device":1}',
  '"text"',
  '{"cell":"a","experiment":{"data":null}}',
];
test.each(RECORDS.flatMap((name) => HOSTILE.map((text) => [name, text] as const)))(
  '%s.json that is %s is an error that names it',
  async (name, text) => {
    const where = join(path, `${name}.json`);
    await writeFile(where, text);
    await expect(new RunDirectory(path)[name]()).rejects.toMatchObject({
      code: 'E_RUN_DIRECTORY',
      where,
      advice: expect.stringContaining('Put the file back') as string,
    });
  },
);

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

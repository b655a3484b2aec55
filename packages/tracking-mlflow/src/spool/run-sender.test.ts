import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectionOf } from '../client/connection.js';
import { MlflowClient } from '../client/mlflow-client.js';
import { Transport } from '../client/transport.js';
import { FakeMlflow, type Fault } from '../testing/fake-mlflow.js';
import { BEGAN, MadeStudy, shown } from '../testing/made-run.js';
import { RunSender, type SenderOptions } from './run-sender.js';

let server: FakeMlflow;
let address: string;
let study: MadeStudy;
let skipped: string[];

beforeEach(async () => {
  skipped = [];
  server = new FakeMlflow();
  address = await server.listen();
  study = await MadeStudy.create();
});
afterEach(async () => {
  await server.close();
  await study.remove();
});

function options(more: Partial<SenderOptions> = {}): SenderOptions {
  const connection = connectionOf(address, {});
  if (connection === undefined) throw new Error('no address');
  const client = new MlflowClient(new Transport(connection, { timeoutMs: 20000 }));
  return { client, models: true, onSkip: (message) => skipped.push(message), ...more };
}

async function send(directory: string, more: Partial<SenderOptions> = {}): Promise<void> {
  const sender = await RunSender.open(directory, options(more));
  let isClean = false;
  try {
    await sender.send(true);
    isClean = true;
  } finally {
    await sender.close(isClean);
  }
}

const steps = (key: string, run = server.run('a')) =>
  run.metrics.filter((point) => point.key === key).map(({ step }) => step);

test('a run is a child of its study, with everything that its directory holds', async () => {
  await send(await study.whole('a'));
  const [parent, run] = [server.run('made'), server.run('a')];
  expect(run.tags.get('mlflow.parentRunId')).toBe(parent.info.run_id);
  expect(parent.tags.get('mlflow.note.content')).toBe('Is it there?');
  expect(run.info).toMatchObject({ status: 'FINISHED', start_time: BEGAN, end_time: BEGAN + 5000 });
  expect(Object.fromEntries(run.params)).toMatchObject({
    seed: '1',
    'model.backbone.name': 'edsr',
    'model.backbone.blocks': '2',
    'model.head': 'null',
  });
  expect([...run.params.keys()].filter((key) => key.startsWith('tracking'))).toEqual([]);
  expect(run.tags.get('mlflow.source.git.commit')).toBe('c0ffee');
  expect(run.tags.get('mmsr.warning')).toBe('a slide is small');
  expect(run.tags.get('mlflow.loggedImages')).toBe('True');
  expect(run.datasets.map(({ tags }) => (tags as { value: string }[])[0]?.value)).toEqual([
    'training',
    'test',
  ]);
  expect(run.metrics).toContainEqual({
    key: 'loss',
    value: 0.5,
    step: 2,
    timestamp: BEGAN + 2000,
  });
  expect(run.metrics).toContainEqual({
    key: 'test/20x.bicubicPsnrDb',
    value: 28,
    step: 5,
    timestamp: BEGAN + 5000,
  });
  expect(steps('system/cpu_utilization_percentage')).toEqual([0, 1, 2]);
});

test('the steps that a killed run does again are shown once', async () => {
  await send(await study.whole('a'));
  expect(steps('loss')).toEqual([1, 2, 3, 4, 5]);
});

test('the manifest of a run that was resumed otherwise is sent again when it ends', async () => {
  const directory = await study.begin('a');
  const sender = await RunSender.open(directory, options());
  await sender.send();
  const manifest = await readFile(join(directory, 'manifest.json'), 'utf8');
  const changed = JSON.stringify({ ...JSON.parse(manifest), resumedWith: [{ differences: [] }] });
  await writeFile(join(directory, 'manifest.json'), changed);
  await study.end('a');
  await sender.send(true);
  await sender.close(true);
  const [, sent] =
    [...server.artifacts].find(([path]) => path.endsWith('artifacts/manifest.json')) ?? [];
  expect(String(sent)).toBe(changed);
  await send(directory);
  expect(server.requests.filter((request) => request.endsWith('manifest.json')).length).toBe(3);
});

test('files, pictures for the grid, and the weights as a logged model', async () => {
  await send(await study.whole('a'));
  const run = server.run('a');
  const files = server.artifactsOf(run);
  const grid = files.filter((path) => path.startsWith('images/'));
  expect(files.filter((path) => !path.startsWith('images/'))).toEqual([
    'events.jsonl',
    'manifest.json',
    'pictures/20x-1.png',
    'results.json',
  ]);
  const name =
    /^images\/test images~20x-1 (lr|bicubic|sr|hr)\+step\+5\+timestamp\+1700000005000\+[0-9a-f-]{36}(\+compressed)?\.png$/;
  expect(grid.length).toBe(8);
  for (const path of grid) expect(path).toMatch(name);
  const [model] = [...server.models.values()];
  expect(model).toMatchObject({ name: 'a', status: 'LOGGED_MODEL_READY' });
  expect(run.outputs).toEqual([{ model_id: model?.model_id, step: 5 }]);
  const ofModel = [...server.artifacts.keys()].filter((path) => path.includes('/models/'));
  expect(ofModel.map((path) => path.split('/').at(-1)).sort()).toEqual([
    'MLmodel',
    'average.safetensors',
    'manifest.json',
    'model.safetensors',
  ]);
});

test('an experiment of another name', async () => {
  await send(await study.whole('a'), { experiment: '<script>../../x' });
  expect([...server.experiments.keys()]).toEqual(['<script>../../x']);
});

test('models: false sends no weights', async () => {
  await send(await study.whole('a'), { models: false });
  expect(server.models.size).toBe(0);
});

test('a server before MLflow 3 has the weights among the run’s files', async () => {
  server.fault = (request) => (request.includes('logged-models') ? 404 : undefined);
  await send(await study.whole('a'));
  expect(server.artifactsOf(server.run('a'))).toContain('model/average.safetensors');
  expect(skipped).toEqual([]);
});

test('sent bit by bit, it is the same', async () => {
  const sender = await RunSender.open(await study.begin('a'), options());
  await sender.send();
  await study.steps('a', 1, 2);
  await sender.send();
  await appendFile(study.path('a', 'events.jsonl'), '{"time":1700000003000,"type":"metrics","st');
  await sender.send();
  expect(steps('loss')).toEqual([1, 2]);
  await appendFile(study.path('a', 'events.jsonl'), 'ep":3,"values":{"loss":0.25}}\n');
  await sender.send();
  await sender.send();
  expect(steps('loss')).toEqual([1, 2, 3]);
  expect(server.run('a').info.status).toBe('RUNNING');
  await sender.close(true);
});

test('sending again sends nothing', async () => {
  const directory = await study.whole('a');
  await send(directory);
  const before = shown(server);
  const sender = await RunSender.open(directory, options());
  server.requests.length = 0;
  expect(await sender.isComplete()).toBe(true);
  expect(server.requests).toEqual([]);
  await sender.send(true);
  await sender.close(true);
  expect(shown(server)).toEqual(before);
  await study.record('a', { type: 'warning', step: 5, message: 'one more' });
  const again = await RunSender.open(directory, options());
  expect(await again.isComplete()).toBe(false);
  await again.close(true);
});

describe('interrupted at any request', () => {
  let expected: object;
  let requests: number;

  beforeEach(async () => {
    await send(await study.whole('a'));
    expected = shown(server);
    requests = server.requests.length;
    await server.close();
    server = new FakeMlflow();
    address = await server.listen();
  });

  /** A run directory that was not sent, on a server that has this fault at one request. */
  async function fresh(fault: Fault, at: number): Promise<string> {
    await study.remove();
    study = await MadeStudy.create();
    await server.close();
    server = new FakeMlflow();
    address = await server.listen();
    let count = 0;
    server.fault = () => (++count === at ? fault : undefined);
    return study.whole('a');
  }

  test.each(['drop', 500] as const)('by %s, the next try does the rest', async (fault) => {
    for (let at = 1; at <= requests; at++) {
      const sender = await RunSender.open(await fresh(fault, at), options());
      await expect(sender.send(true)).rejects.toThrow();
      await sender.send(true);
      await sender.close(true);
      expect([at, shown(server)]).toEqual([at, expected]);
    }
    expect(skipped).toEqual([]);
  });

  test('by a break and a crash, the next process does', async () => {
    for (let at = 1; at <= requests; at++) {
      const directory = await fresh('drop', at);
      const sender = await RunSender.open(directory, options());
      await expect(sender.send(true)).rejects.toThrow();
      // The crash took the last line with it.
      await sender.close(false);
      const path = join(directory, '.mlflow', 'ledger.jsonl');
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
      if (lines.length > 4) await writeFile(path, lines.slice(0, -1).join('\n') + '\n{"entry":"po');
      await send(directory);
      expect([at, shown(server)]).toEqual([at, expected]);
    }
  });
});

test('a request that was given up and carried out later makes no second run', async () => {
  const sender = await RunSender.open(await study.begin('a'), options());
  await sender.send();
  const run = server.run('a');
  server.runs.set('late', { ...run, info: { ...run.info, run_id: 'late' } });
  await study.end('a');
  await sender.send(true);
  await sender.close(true);
  expect(server.runs.get('late')?.info.lifecycle_stage).toBe('deleted');
  expect(server.run('a').info).toMatchObject({ run_id: run.info.run_id, status: 'FINISHED' });
});

test('results whose event a crash kept from being written are sent by the last call alone', async () => {
  const directory = await study.begin('a');
  await study.steps('a', 1, 5);
  await study.end('a', false);
  const sender = await RunSender.open(directory, options());
  await sender.send();
  expect(server.run('a').info.status).toBe('RUNNING');
  await sender.send(true);
  await sender.close(true);
  expect(server.run('a').info.status).toBe('FINISHED');
  expect(server.artifactsOf(server.run('a'))).toContain('results.json');
});

test.each([
  ['failed', 'FAILED'],
  ['stopped', 'KILLED'],
])('a run that %s', async (state, status) => {
  const directory = await study.begin('a');
  await study.record('a', { type: 'state', state, step: 1, message: 'the disk is full' });
  await send(directory);
  const run = server.run('a');
  expect(run.info).toMatchObject({ status, end_time: BEGAN + 1000 });
  expect(run.tags.get('mmsr.error')).toBe('the disk is full');
  expect(server.artifactsOf(run)).toContain('events.jsonl');
});

test('points that the server refuses are left out alone', async () => {
  server.fault = (_, body) =>
    JSON.stringify(body).includes('"step":3') ? { status: 400, body: '{}' } : undefined;
  const directory = await study.begin('a');
  await study.steps('a', 1, 5);
  await send(directory);
  expect(steps('loss')).toEqual([1, 2, 4, 5]);
  expect(skipped.join()).toContain('loss at step 3 is not sent');
});

test('values that are no numbers, and names that MLflow does not take', async () => {
  const directory = await study.begin('a', { '<script>alert(1)</script>': 1, '../../x': 2 });
  const values = { '../../x': 1, '<script>': 2, gradientNorm: null };
  await study.record('a', { type: 'metrics', step: 1, values });
  await send(directory);
  const run = server.run('a');
  expect(run.metrics.map(({ key }) => key)).toEqual([
    expect.stringMatching(/^____x-[0-9a-f]{8}$/),
    expect.stringMatching(/^_script_-[0-9a-f]{8}$/),
    'gradientNorm',
  ]);
  expect(run.metrics[2]?.value).toBe('NaN');
  expect(skipped).toEqual([]);
});

test('hostile names of cells, pictures and files stay inside', async () => {
  const cell = '<script>alert(1)<-script>';
  const directory = await study.begin(cell, { name: '../../x' });
  await mkdir(study.path('secret'));
  for (const name of ['secret.png', 'secret/lr.png']) await writeFile(study.path(name), 'secret');
  await symlink(study.path('secret'), join(directory, 'link'));
  await study.picture(cell, '20x-1', 'test/../../<script>alert(1)</script>');
  for (const path of ['../secret.png', '/etc/hostname', 'link.png', 'images/../../secret.png']) {
    await study.record(cell, { type: 'image', step: 5, key: 'k', path });
  }
  await study.end(cell);
  await send(directory);
  const run = server.run(cell);
  const files = server.artifactsOf(run);
  expect(files.every((path) => /^(images|pictures|[a-z]+\.jsonl?$)/.test(path))).toBe(true);
  expect(files.some((path) => path.includes('..'))).toBe(false);
  expect([...server.artifacts.values()].map(String)).not.toContain('secret');
  expect(skipped.length).toBe(4);
  expect(skipped.join()).toContain('is outside of the run directory');
  expect(server.models.size).toBe(1);
});

test('a picture of a long name has a name that file systems take', async () => {
  const directory = await study.begin('a');
  await study.picture('a', '20x-1', `test/${'slide'.repeat(60)}`);
  await send(directory);
  const names = server.artifactsOf(server.run('a')).map((path) => path.split('/').at(-1) ?? '');
  expect(names.length).toBe(10);
  expect(Math.max(...names.map((name) => name.length))).toBeLessThan(256);
});

test('a server that takes no files has everything else', async () => {
  server.artifactScheme = 's3://bucket';
  await send(await study.whole('a'));
  expect(steps('loss')).toEqual([1, 2, 3, 4, 5]);
  expect(server.run('a').info.status).toBe('FINISHED');
  expect(skipped.join()).toContain('--serve-artifacts');
});

test('a run deleted in MLflow is not made again; one on another data base is', async () => {
  const directory = await study.whole('a');
  await send(directory);
  const before = shown(server);
  server.run('a').info.lifecycle_stage = 'deleted';
  await expect(send(directory)).rejects.toThrow('was deleted in MLflow');
  server.runs.clear();
  server.artifacts.clear();
  server.models.clear();
  await send(directory);
  expect(shown(server)).toEqual(before);
});

test('a run directory without a study is a run of its own', async () => {
  await rm(study.path('study.json'));
  await send(await study.whole('a'));
  expect(server.run('a').tags.has('mlflow.parentRunId')).toBe(false);
});

test('a ledger holds no credentials', async () => {
  const directory = await study.whole('a');
  const uri = address.replace('//', '//me:geheim@');
  const connection = connectionOf(uri, { MLFLOW_TRACKING_TOKEN: 'abc' });
  if (connection === undefined) throw new Error('no address');
  const client = new MlflowClient(new Transport(connection, { timeoutMs: 20000 }));
  await send(directory, { client });
  const ledger = await readFile(join(directory, '.mlflow', 'ledger.jsonl'), 'utf8');
  expect(ledger).toContain(`"server":"${address}"`);
  expect(ledger).not.toMatch(/geheim|abc"/);
});

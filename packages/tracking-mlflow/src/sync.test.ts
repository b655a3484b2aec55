import { readdir, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MlflowError } from './client/mlflow-error.js';
import { lockSender } from './spool/sender-lock.js';
import { syncFolder, type SyncOptions } from './sync.js';
import { FakeMlflow } from './testing/fake-mlflow.js';
import { BEGAN, MadeStudy, shown } from './testing/made-run.js';

let server: FakeMlflow;
let study: MadeStudy;
let options: SyncOptions;
let pausesMs: number[];

beforeEach(async () => {
  server = new FakeMlflow();
  study = await MadeStudy.create();
  pausesMs = [];
  const pause = async (ms: number) => void pausesMs.push(ms);
  options = { uri: await server.listen(), pause };
});
afterEach(async () => {
  await server.close();
  await study.remove();
});

test('a study: its runs, its report, how it ended', async () => {
  await study.whole('a');
  await study.whole('b');
  await mkdir(study.path('report', 'deep'), { recursive: true });
  await writeFile(study.path('report', 'deep', '<script>.md'), 'table');
  await writeFile(study.path('report.html'), 'page');
  const runs = await syncFolder(study.folder, options);
  expect(runs.map(({ state }) => state)).toEqual(['sent', 'sent']);
  const parent = server.run('made');
  expect(parent.info).toMatchObject({
    status: 'FINISHED',
    start_time: BEGAN,
    end_time: BEGAN + 5000,
  });
  expect(server.artifactsOf(parent)).toEqual([
    'report.html',
    'report/deep/<script>.md',
    'study.json',
  ]);
  for (const cell of ['a', 'b']) {
    expect(server.run(cell).tags.get('mlflow.parentRunId')).toBe(parent.info.run_id);
  }
});

test.each(['manifest.json', 'results.json'])(
  '%s that is null is an error of the run',
  async (name) => {
    await study.whole('a');
    await writeFile(study.path('a', name), 'null');
    await expect(syncFolder(study.folder, options)).rejects.toMatchObject({
      code: 'E_RUN_DIRECTORY',
      where: study.path('a', name),
    });
  },
);

test('the note of a study is its question and what its report answers', async () => {
  await study.whole('a');
  const note = () => server.run('made').tags.get('mlflow.note.content');
  await syncFolder(study.folder, options);
  expect(note()).toBe('Is it there?');
  await mkdir(study.path('report'));
  const answers = ['The branch (a_b_c) helped.', '<script> [x](y)'];
  await writeFile(study.path('report', 'statistics.json'), JSON.stringify({ answers }));
  await syncFolder(study.folder, options);
  expect(note()).toBe('Is it there?\n\n- The branch (a\\_b\\_c) helped.\n- &lt;script> \\[x\\](y)');
});

test('again it sends nothing but a report that changed', async () => {
  await study.whole('a');
  await study.whole('b');
  await writeFile(study.path('report.html'), 'page');
  await syncFolder(study.folder, options);
  const before = shown(server);
  server.requests.length = 0;
  const runs = await syncFolder(study.folder, options);
  expect(runs.map(({ state }) => state)).toEqual(['complete', 'complete']);
  expect(shown(server)).toEqual(before);
  expect(server.requests.filter((request) => request.startsWith('PUT'))).toEqual([]);
  await writeFile(study.path('report.html'), 'a newer page');
  await syncFolder(study.folder, options);
  expect(server.requests.filter((request) => request.startsWith('PUT')).length).toBe(1);
});

test('the report of a run is among its own files, however late it is written', async () => {
  await study.whole('a');
  await syncFolder(study.path('a'), options);
  expect(server.artifactsOf(server.run('a'))).not.toContain('report.html');
  for (const page of ['page', 'a newer page']) {
    await writeFile(study.path('a', 'report.html'), page);
    expect(await syncFolder(study.path('a'), options)).toMatchObject([{ state: 'sent' }]);
    expect(reportOf('a')).toBe(page);
    expect(await syncFolder(study.path('a'), options)).toMatchObject([{ state: 'complete' }]);
  }
});

test('a report that the server can never take is named once', async () => {
  await study.whole('a');
  await writeFile(study.path('a', 'report.html'), 'page');
  const skipped: string[] = [];
  const onSkip = (message: string) => void skipped.push(message);
  server.fault = (request) => (request.endsWith('report.html') ? 413 : undefined);
  await syncFolder(study.path('a'), { ...options, onSkip });
  expect(await syncFolder(study.path('a'), { ...options, onSkip })).toMatchObject([
    { state: 'complete' },
  ]);
  expect(skipped).toEqual([expect.stringContaining('report.html is not sent')]);
});

function reportOf(cell: string): string | undefined {
  const { experiment_id: experiment, run_id: run } = server.run(cell).info;
  const path = `${String(experiment)}/${String(run)}/artifacts/report.html`;
  return server.artifacts.get(path)?.toString();
}

test.each([
  ['failed', 'FAILED'],
  ['stopped', 'KILLED'],
])('a study with a cell that %s', async (state, status) => {
  await study.whole('a');
  await study.begin('b');
  await study.record('b', { type: 'state', state, step: 2 });
  await syncFolder(study.folder, options);
  expect(server.run('made').info).toMatchObject({ status, end_time: BEGAN + 5000 });
});

test('one run of a study', async () => {
  await study.whole('a');
  await study.whole('b');
  await syncFolder(study.path('b'), options);
  expect(server.runs.size).toBe(2);
  expect(server.run('b').info.status).toBe('FINISHED');
});

test('a run that a process is at work on is left to it', async () => {
  await study.whole('a');
  await study.whole('b');
  const release = await lockSender(study.path('b'));
  const runs = await syncFolder(study.folder, options);
  expect(runs.map(({ state }) => state)).toEqual(['sent', 'busy']);
  expect(server.run('made').info.status).toBe('RUNNING');
  await release?.();
  expect(await readdir(study.path('b', '.mlflow'))).not.toContain('.sender.lock');
});

test('a server that fails is asked again, later and later, then it is an error', async () => {
  await study.whole('a');
  let failures = 3;
  server.fault = () => (failures-- > 0 ? 500 : undefined);
  await syncFolder(study.folder, options);
  expect(server.run('a').info.status).toBe('FINISHED');
  expect(pausesMs.length).toBe(3);
  expect(pausesMs[2]).toBeGreaterThan(pausesMs[0] as number);
  await study.whole('b');
  server.fault = () => 500;
  await expect(syncFolder(study.folder, options)).rejects.toThrow(MlflowError);
  expect(pausesMs.length).toBe(3 + 5);
});

test('a server that fails now and then gets everything, however often', async () => {
  await study.whole('a');
  let count = 0;
  server.fault = () => (++count % 7 === 0 ? 'drop' : undefined);
  await syncFolder(study.folder, options);
  expect(server.run('a').info.status).toBe('FINISHED');
  expect(pausesMs.length).toBeGreaterThan(5);
});

test('wrong credentials are not tried again', async () => {
  await study.whole('a');
  server.fault = () => 401;
  await expect(syncFolder(study.folder, options)).rejects.toThrow('401');
  expect(server.requests.length).toBe(1);
});

test('no address, or no run', async () => {
  await expect(syncFolder(study.folder, options)).rejects.toThrow('holds no run');
  await expect(syncFolder(join(study.folder, 'nothing'), options)).rejects.toThrow('holds no run');
  await study.begin('a', { tracking: null });
  const { MLFLOW_TRACKING_URI: before } = process.env;
  delete process.env.MLFLOW_TRACKING_URI;
  await expect(syncFolder(study.folder, { ...options, uri: undefined })).rejects.toThrow(
    'no MLflow server is named',
  );
  if (before !== undefined) process.env.MLFLOW_TRACKING_URI = before;
});

test('a folder that cannot be read is not taken for one without runs', async () => {
  await study.begin('a');
  await writeFile(study.path('a', 'manifest.json'), '{"format":');
  const error = await syncFolder(study.folder, options).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ where: study.path('a', 'manifest.json') });
  expect(String(error)).toContain('cannot be read');
  const file = study.path('study.json');
  await expect(syncFolder(file, options)).rejects.toThrow('holds no run');
});

describe('credentials of the environment', () => {
  const { env } = process;
  const before = { ...env };
  let address: string;

  beforeEach(async () => {
    address = options.uri as string;
    delete env.MLFLOW_TRACKING_URI;
    env.MLFLOW_TRACKING_TOKEN = 'geheim';
    await study.whole('a');
    await study.begin('b', { tracking: { name: 'mlflow', uri: address } });
  });
  afterEach(() => {
    for (const name of ['MLFLOW_TRACKING_URI', 'MLFLOW_TRACKING_TOKEN']) {
      if (before[name] === undefined) delete env[name];
      else env[name] = before[name];
    }
  });

  test('go to no server that only a run directory names', async () => {
    for (const uri of [undefined, 'http://127.0.0.1:9', 'folder']) {
      if (uri !== undefined) env.MLFLOW_TRACKING_URI = uri;
      const refused = syncFolder(study.path('b'), { ...options, uri: undefined });
      const error = await refused.catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'E_TRACKING', where: study.path('b') });
      expect((error as MlflowError).describe()).toContain(address);
      expect((error as MlflowError).describe()).toContain('--uri URI or set MLFLOW_TRACKING_URI');
    }
    expect(server.requests).toEqual([]);
  });

  test('keep a study from being sent where one of its runs names another server', async () => {
    await study.begin('a', { tracking: { name: 'mlflow', uri: address } });
    await study.begin('b', { tracking: { name: 'mlflow', uri: 'http://elsewhere.invalid' } });
    env.MLFLOW_TRACKING_URI = address;
    await expect(syncFolder(study.folder, { ...options, uri: undefined })).rejects.toThrow(
      'http://elsewhere.invalid',
    );
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['that is given', () => ({ uri: address })],
    ['of MLFLOW_TRACKING_URI', () => ((env.MLFLOW_TRACKING_URI = `${address}/`), {})],
  ])('go to the server %s', async (_, more) => {
    await syncFolder(study.path('b'), { ...options, uri: undefined, ...more() });
    expect(server.headers[0]?.authorization).toBe('Bearer geheim');
  });

  test('are not missed where there are none', async () => {
    delete env.MLFLOW_TRACKING_TOKEN;
    await syncFolder(study.path('b'), { ...options, uri: undefined });
    expect(server.run('b').info.status).toBe('RUNNING');
  });
});

test('names in study.json that lead elsewhere are no cells', async () => {
  await study.remove();
  study = await MadeStudy.create(['a', '../../x', '<script>']);
  await study.whole('a');
  await syncFolder(study.folder, options);
  expect(server.run('made').info.status).toBe('KILLED');
});

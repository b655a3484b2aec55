import type { TrackedRun } from '@mmsr/core';
import { lockSender } from '../spool/sender-lock.js';
import { syncFolder } from '../sync.js';
import { FakeMlflow } from '../testing/fake-mlflow.js';
import { MadeStudy, shown } from '../testing/made-run.js';
import type { MlflowOptions } from '../options.js';
import { mlflowTracker } from './mlflow-tracker.js';

let server: FakeMlflow;
let uri: string;
let study: MadeStudy;
let said: string[];

beforeEach(async () => {
  said = [];
  server = new FakeMlflow();
  uri = await server.listen();
  study = await MadeStudy.create(['a']);
});
afterEach(async () => {
  await server.close();
  await study.remove();
});

function tracker(options: Partial<MlflowOptions> = {}) {
  return mlflowTracker.create({
    uri,
    models: true,
    systemMetricsSeconds: 0,
    timeoutSeconds: 20,
    finishSeconds: 20,
    ...options,
  });
}

const run = (): TrackedRun => ({
  experiment: 'made',
  cell: 'a',
  directory: study.path('a'),
  say: (level, text) => void said.push(`${level}: ${text}`),
});

/** A run from its first event to its last, each told to the tracker. */
async function whole(options: Partial<MlflowOptions> = {}): Promise<void> {
  await study.begin('a');
  const follower = tracker(options);
  await follower.start(run());
  await study.steps('a', 1, 5);
  for (let i = 0; i < 5; i++) follower.record({ type: 'checkpoint', time: 0, step: i, path: '' });
  await study.picture('a', '20x-1', 'test/slide');
  await study.end('a');
  await follower.finish();
  await follower.finishStudy?.({ experiment: 'made', directory: study.folder, say: run().say });
}

test('whether the server answers and lets one in is asked without changing anything', async () => {
  await tracker().check?.({ experiment: 'made' });
  expect(server.requests).toEqual(['GET /api/2.0/mlflow/experiments/get-by-name']);
  expect(server.experiments.size).toBe(0);
});

test.each([
  [401, /401/, /MLFLOW_TRACKING_USERNAME/],
  [503, /503/, undefined],
  ['hang' as const, /did not answer in time/, undefined],
])('a server that answers with %s is told, the password is not', async (fault, message, advice) => {
  process.env.MLFLOW_TRACKING_USERNAME = 'ada';
  process.env.MLFLOW_TRACKING_PASSWORD = 'opensesame';
  try {
    server.fault = () =>
      typeof fault === 'number' ? { status: fault, body: 'not opensesame' } : fault;
    const asked = tracker({ timeoutSeconds: 0.2 }).check?.({ experiment: 'made' });
    const error = await asked?.catch((caught: unknown) => caught as Error & { advice?: string });
    expect(error).toMatchObject({ code: 'E_TRACKING', where: uri });
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('opensesame');
    if (advice !== undefined) expect(error?.advice).toMatch(advice);
  } finally {
    delete process.env.MLFLOW_TRACKING_USERNAME;
    delete process.env.MLFLOW_TRACKING_PASSWORD;
  }
});

test('a run and its study are there when they end', async () => {
  await whole();
  expect(said).toEqual([]);
  expect(server.run('a').info.status).toBe('FINISHED');
  expect(server.run('made').info.status).toBe('FINISHED');
  expect(server.run('a').metrics.filter(({ key }) => key === 'loss').length).toBe(5);
});

test.each([
  ['absent', { uri: 'http://127.0.0.1:9' }],
  ['not named', { uri: undefined }],
])('a server that is %s loses nothing: sync sends the same', async (_, options) => {
  await whole({ ...options, finishSeconds: 0.2 } as Partial<MlflowOptions>);
  expect(said.join('\n')).toContain('mmsr-run sync');
  expect(server.requests).toEqual([]);
  await syncFolder(study.folder, { uri });
  const synced = shown(server);
  await study.remove();
  await server.close();
  study = await MadeStudy.create(['a']);
  server = new FakeMlflow();
  uri = await server.listen();
  await whole();
  expect(shown(server)).toEqual(synced);
});

test('a server that hangs holds up no event, and the end no longer than it may', async () => {
  server.fault = () => 'hang';
  await whole({ finishSeconds: 0.2 });
  expect(said.join('\n')).toContain('not everything was sent');
  server.fault = () => undefined;
  await syncFolder(study.folder, { uri });
  expect(server.run('a').info.status).toBe('FINISHED');
});

test('a server that fails and comes back has everything once', async () => {
  let failures = 2;
  server.fault = () => (failures-- > 0 ? 500 : undefined);
  await whole();
  expect(said).toEqual([
    expect.stringContaining('warning: mlflow: '),
    'info: mlflow: the server answers again',
  ]);
  expect(server.run('a').info.status).toBe('FINISHED');
  expect(server.run('a').metrics.filter(({ key }) => key === 'loss').length).toBe(5);
});

test('a run that another process sends is left to it', async () => {
  const directory = await study.begin('a');
  const release = await lockSender(directory);
  const follower = tracker();
  await follower.start(run());
  await follower.finish();
  await release?.();
  expect(said.join()).toContain('another process sends this run');
  expect(server.requests).toEqual([]);
});

test('samples of the machine are sent', async () => {
  await study.begin('a');
  const follower = tracker({ systemMetricsSeconds: 0.01 });
  const seen = new Promise<void>((resolve) => {
    server.fault = (_, body) => {
      if (JSON.stringify(body).includes('system/cpu_utilization')) resolve();
      return undefined;
    };
  });
  await follower.start(run());
  await seen;
  await follower.finish();
  const { metrics } = server.run('a');
  expect(metrics.some(({ key }) => key === 'system/system_memory_usage_megabytes')).toBe(true);
});

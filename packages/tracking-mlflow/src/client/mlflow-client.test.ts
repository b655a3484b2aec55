import { FakeMlflow } from '../testing/fake-mlflow.js';
import { connectionOf, type MlflowEnvironment } from './connection.js';
import { MlflowClient } from './mlflow-client.js';
import { MlflowError } from './mlflow-error.js';
import { Transport } from './transport.js';

let server: FakeMlflow;
let address: string;

beforeEach(async () => {
  server = new FakeMlflow();
  address = await server.listen();
});
afterEach(() => server.close());

function client(environment: MlflowEnvironment = {}, timeoutMs = 20000, signal?: AbortSignal) {
  const connection = connectionOf(undefined, { MLFLOW_TRACKING_URI: address, ...environment });
  if (connection === undefined) throw new Error('no address');
  return new MlflowClient(new Transport(connection, { timeoutMs, signal }));
}

async function newRun(api = client()) {
  const experimentId = await api.ensureExperiment('study');
  return api.createRun({ experimentId, name: 'cell', startTime: 1000, tags: [] });
}

async function failureOf(request: Promise<unknown>): Promise<MlflowError> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MlflowError) return error;
  throw new Error(`did not fail as expected: ${String(error)}`);
}

test('an experiment is made once, and restored when it was deleted', async () => {
  expect(await client().ensureExperiment('a')).toBe('1');
  expect(server.experiments.get('a')).toMatchObject({
    tags: [{ key: 'mlflow.experimentKind', value: 'custom_model_development' }],
  });
  expect(await client().ensureExperiment('a')).toBe('1');
  (server.experiments.get('a') as Record<string, string>).lifecycle_stage = 'deleted';
  await client().ensureExperiment('a');
  expect(server.experiments.get('a')).toHaveProperty('lifecycle_stage', 'active');
});

test('values go over the wire as protobuf reads them, and come back', async () => {
  const { runId } = await newRun();
  const point = { timestamp: 5, step: 2 };
  await client().logBatch(runId, {
    metrics: [
      { key: 'loss', value: 0.25, ...point },
      { key: 'loss', value: Number.NaN, ...point, step: 3 },
      { key: 'loss', value: -Infinity, ...point, step: 4 },
    ],
    params: [{ key: 'a.b', value: '1' }],
    tags: [{ key: 't', value: 'x' }],
  });
  expect(server.run('cell').metrics.map(({ value }) => value)).toEqual([0.25, 'NaN', '-Infinity']);
  const back = await client().metricHistory(runId, 'loss');
  expect(back.map(({ value, step }) => [value, step])).toEqual([
    [0.25, 2],
    [Number.NaN, 3],
    [-Infinity, 4],
  ]);
});

test.each([
  [{ step: 1.5 }, 'step of loss: expected a whole number; found 1.5'],
  [{ timestamp: 1.5 }, 'timestamp of loss: expected whole milliseconds; found 1.5'],
  [{ timestamp: -1 }, 'timestamp of loss: expected whole milliseconds; found -1'],
  [{ value: '1' as unknown as number }, 'loss: expected a number; found "1"'],
  [{ key: '../x' }, 'found "../x"'],
  [{ key: 'a//b' }, 'found "a//b"'],
  [{ key: '<script>' }, 'found "<script>"'],
  [{ key: 'k'.repeat(251) }, 'found "kkk'],
])('a metric with %j is never sent', async (part, message) => {
  const { runId } = await newRun();
  const metric = { key: 'loss', value: 1, timestamp: 1, step: 1, ...part };
  const error = await failureOf(client().logBatch(runId, { metrics: [metric] }));
  expect(error.message).toContain(message);
  expect(error.consequence).toBe('skip');
  expect(server.requests).not.toContain('POST /api/2.0/mlflow/runs/log-batch');
});

test.each([
  [{ params: [{ key: 'p', value: 3 as unknown as string }] }, 'p: expected text; found 3'],
  [{ params: [{ key: 'p', value: 'x'.repeat(6001) }] }, 'at most 6000 characters; found "6001"'],
  [{ tags: [{ key: 't', value: 'x'.repeat(8001) }] }, 'at most 8000 characters'],
  [{ tags: [{ key: 't', value: 'a\0' }] }, 'without NUL'],
  [{ tags: [{ key: 't', value: '\ud800' }] }, 'half characters'],
  [{ params: Array.from({ length: 101 }, (_, i) => ({ key: `p${i}`, value: '' })) }, 'too large'],
])('what the server would cut or swallow is never sent: %#', async (batch, message) => {
  const { runId } = await newRun();
  expect((await failureOf(client().logBatch(runId, batch))).message).toContain(message);
  expect(server.run('cell').params.size).toBe(0);
});

test('a data set that another cell tells the server of at once is told again', async () => {
  const { runId } = await newRun();
  let failures = 1;
  const refusal = { error_code: 'BAD_REQUEST', message: 'UNIQUE constraint\nfailed' };
  server.fault = () =>
    failures-- > 0 ? { status: 400, body: JSON.stringify(refusal) } : undefined;
  const dataset = { name: 'd', digest: 'x', sourceType: 'mmsr', source: '{}', profile: '{}' };
  await client().logInputs(runId, [{ ...dataset, context: 'training' }]);
  expect(server.run('cell').datasets.length).toBe(1);
  failures = 2;
  const error = await failureOf(client().logInputs(runId, [{ ...dataset, context: 'test' }]));
  expect(error.message).toContain('400 BAD_REQUEST UNIQUE constraint failed');
});

test('a status of another spelling is never sent', async () => {
  const { runId } = await newRun();
  const error = await failureOf(client().updateRun(runId, 'finished' as 'FINISHED'));
  expect(error.message).toContain('found "finished"');
});

test('names with slashes and markup stay inside the run’s artifacts', async () => {
  const { artifactUri } = await newRun();
  const bytes = Buffer.from('x');
  await client().putArtifact(artifactUri, 'a b/<script>alert(1)?#%.png', bytes);
  expect(server.artifactsOf(server.run('cell'))).toEqual(['a b/<script>alert(1)?#%.png']);
  for (const path of ['../../x', 'a/../../x', '/x', 'a//b', '.']) {
    const error = await failureOf(client().putArtifact(artifactUri, path, bytes));
    expect(error.message).toContain('is not a plain one');
  }
  expect(server.artifacts.size).toBe(1);
});

test('artifacts that do not go through the server are refused with what to do', async () => {
  for (const uri of ['/srv/mlruns/1', 's3://bucket/1', 'mlflow-artifacts://other:80/1']) {
    const error = await failureOf(client().putArtifact(uri, 'x', Buffer.from('x')));
    expect([error.consequence, error.advice]).toEqual([
      'skip',
      'Start it with --serve-artifacts and --artifacts-destination.',
    ]);
  }
});

test.each([
  [500, 'again'],
  [503, 'again'],
  [429, 'again'],
  [401, 'halt'],
  [403, 'halt'],
  [302, 'halt'],
  [404, 'skip'],
  [413, 'skip'],
] as const)('status %d means %s', async (status, consequence) => {
  server.fault = () => status;
  const error = await failureOf(newRun());
  expect([error.status, error.consequence]).toEqual([status, consequence]);
  expect(error.message).toContain(`${status} a fault`);
  expect(error.message).not.toContain('<html>');
});

test('a server that hangs, breaks off or is absent may be asked again', async () => {
  server.fault = () => 'hang';
  const hung = await failureOf(client({}, 100).ensureExperiment('a'));
  expect(hung.consequence).toBe('again');
  server.fault = () => 'drop';
  const broken = await failureOf(client().ensureExperiment('a'));
  expect(broken.consequence).toBe('again');
  const gone = new FakeMlflow();
  const uri = await gone.listen();
  await gone.close();
  const absent = await failureOf(client({ MLFLOW_TRACKING_URI: uri }).ensureExperiment('a'));
  expect(absent.consequence).toBe('again');
  expect(absent.message).toContain('ECONNREFUSED');
});

test('a signal ends a request that hangs', async () => {
  const controller = new AbortController();
  server.fault = () => {
    controller.abort();
    return 'hang';
  };
  const error = await failureOf(client({}, 60000, controller.signal).ensureExperiment('a'));
  expect(error.consequence).toBe('again');
});

test('a page before the server is no MLflow server', async () => {
  server.fault = () => 200;
  expect((await failureOf(newRun())).advice).toContain('Is this the address of an MLflow server');
});

test('credentials come from MLflow’s variables; a name and password win over a token', async () => {
  const basic = `Basic ${Buffer.from('me:geheim').toString('base64')}`;
  const password = { MLFLOW_TRACKING_USERNAME: 'me', MLFLOW_TRACKING_PASSWORD: 'geheim' };
  const token = { MLFLOW_TRACKING_TOKEN: 'abc' };
  const inAddress = { MLFLOW_TRACKING_URI: address.replace('//', '//me:geheim@') };
  const sent = async (environment: MlflowEnvironment) => {
    await client(environment).ensureExperiment('a');
    return server.headers.at(-1)?.authorization;
  };
  expect(await sent({})).toBeUndefined();
  expect(await sent(token)).toBe('Bearer abc');
  expect(await sent({ ...token, ...password })).toBe(basic);
  expect(await sent(inAddress)).toBe(basic);
  expect(client(inAddress).address).toBe(address);
});

test('credentials are in no error, not even when the server says them', async () => {
  const [name, password] = ['me', 'geheim'];
  const secret = Buffer.from(`${name}:${password}`).toString('base64');
  const uri = address.replace('//', `//${name}:${password}@`);
  server.fault = () => ({ status: 400, body: `you sent ${password} and ${secret}` });
  const error = await failureOf(client({ MLFLOW_TRACKING_URI: uri }).run('a'));
  expect(error.describe()).toContain('you sent *** and ***');
  expect(JSON.stringify(error) + error.stack).not.toMatch(new RegExp(`${password}|${secret}`));
  expect(() => connectionOf('ftp://me:geheim@host')).toThrow(MlflowError);
  expect(() => connectionOf('ftp://me:geheim@host')).not.toThrow(/geheim/);
});

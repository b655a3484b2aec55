import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellResults, RunEvent } from '@mmsr/core';
import { mmsrRun, temporaryFolder, type Ended } from './command-line.js';
import { writeExperiment } from './experiments.js';
import { curve, files, runsOf, succeeded, tags, type Point, type ShownRun } from './mlflow-runs.js';
import { emptyAddress, FaultyProxy, MlflowServer, type ProxyMode } from './mlflow-server.js';

const HOSTILE = '<script>alert(1)</script> ../../x';
const CELLS = ['head-none', 'head-pooled-linear'];

let server: MlflowServer;
let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await mkdir(join(folder, 'server'));
  server = await MlflowServer.start(join(folder, 'server'));
});
afterAll(async () => {
  await server.stop();
  await remove();
});

/** An experiment of two cells that is tracked. */
function experiment(name: string, tracking: string, steps = 6): Promise<string> {
  return writeExperiment(folder, [
    ['name: tiny', `name: ${name}\ndescription: ${HOSTILE}`],
    ['steps: 6', `steps: ${steps}`],
    [
      'engine: wasm',
      `engine: wasm\nmatrix: {model.head: [null, {name: pooled-linear}]}\n${tracking}`,
    ],
  ]);
}

/** What events.jsonl of a cell says of each metric, each step once; `validation.psnrDb` is `validation/psnrDb` there. */
async function recorded(study: string, cell: string): Promise<Map<string, Point[]>> {
  const text = await readFile(join(folder, 'runs', study, cell, 'events.jsonl'), 'utf8');
  const curves = new Map<string, Point[]>();
  for (const line of text.trimEnd().split('\n')) {
    const event = JSON.parse(line) as RunEvent;
    if (event.type !== 'metrics') continue;
    for (const [name, value] of Object.entries(event.values)) {
      const key = name.replace('.', '/');
      const points = curves.get(key) ?? [];
      points.push({ key, value, step: event.step, timestamp: event.time });
      curves.set(key, points);
    }
  }
  return curves;
}

/** The whole study is on the server, each thing once, as its folder has it. */
async function expectWhole(study: string, name = study): Promise<void> {
  const runs = await runsOf(server, name);
  expect([...runs.keys()].sort()).toEqual([...CELLS, study].sort());
  const parent = runs.get(study) as ShownRun;
  expect(parent.info.status).toBe('FINISHED');
  expect(await files(server, parent)).toEqual(['report', 'report.html', 'study.json']);
  expect(await files(server, parent, 'report')).toContain('report/tables.md');
  const { artifact_uri: uri = '' } = parent.info;
  expect(await server.artifact(uri, 'report.html')).toEqual(
    await readFile(join(folder, 'runs', study, 'report.html')),
  );
  expect(tags(parent).get('mlflow.note.content')).toMatch(/^<script>.*\n\n- .* changed PSNR by /);
  for (const cell of CELLS) {
    const run = runs.get(cell) as ShownRun;
    const shown = tags(run);
    expect(shown.get('mlflow.parentRunId')).toBe(parent.info.run_id);
    expect(shown.get('mlflow.note.content')).toBe(HOSTILE);
    expect(run.info.status).toBe('FINISHED');
    await expectCurves(run, await recorded(study, cell));
    await expectFiles(run, study, cell);
  }
}

async function expectCurves(run: ShownRun, expected: Map<string, Point[]>): Promise<void> {
  for (const [key, points] of expected) {
    const shown = await curve(server, run, key);
    const byStep = shown.sort((a, b) => a.step - b.step);
    expect({ key, points: byStep.map(plain) }).toEqual({ key, points: points.map(plain) });
  }
}

/** The server leaves out a step of 0. */
const plain = ({ value, step, timestamp }: Point) => ({ value, step, timestamp });

async function expectFiles(run: ShownRun, study: string, cell: string): Promise<void> {
  const directory = join(folder, 'runs', study, cell);
  const results = JSON.parse(
    await readFile(join(directory, 'results.json'), 'utf8'),
  ) as CellResults;
  expect(await files(server, run)).toEqual([
    'events.jsonl', 'images', 'manifest.json', 'pictures', 'report.html', 'results.json',
  ]); // prettier-ignore
  const { artifact_uri: uri = '' } = run.info;
  for (const name of ['manifest.json', 'results.json', 'events.jsonl', 'report.html']) {
    expect(await server.artifact(uri, name)).toEqual(await readFile(join(directory, name)));
  }
  // Of each of two magnifications the first two, the best and the worst; four panels each, in two sizes.
  const images = await files(server, run, 'images');
  expect(images.length).toBe(2 * 4 * 4 * 2);
  for (const path of images) {
    expect(path).toMatch(
      /^images\/test images~[12]0x-\w+ \w+\+step\+\d+\+timestamp\+\d+\+[0-9a-f-]{36}(\+compressed)?\.png$/,
    );
  }
  const metrics = new Map(run.data.metrics?.map(({ key, value }) => [key, value]));
  expect(metrics.get('test/psnrDb')).toBe(results.summary.all?.psnrDb);
  expect(run.inputs?.dataset_inputs?.length).toBe(2);
  const [output, ...more] = run.outputs?.model_outputs ?? [];
  expect([output?.step, more]).toEqual([results.steps, []]);
  const { model } = await server.get<{ model: { info: Record<string, string> } }>(
    `logged-models/${output?.model_id}`,
    {},
  );
  expect(model.info.status).toBe('LOGGED_MODEL_READY');
  expect(await server.artifact(model.info.artifact_uri ?? '', 'average.safetensors')).toEqual(
    await readFile(join(directory, 'checkpoints', String(results.steps), 'average.safetensors')),
  );
}

test('a study is there while it runs, with children, curves, images, files and models', async () => {
  const name = HOSTILE;
  const file = await experiment(
    'live',
    `tracking: {name: mlflow, experiment: "${name}", systemMetricsSeconds: 0.2}`,
  );
  const { stderr } = await succeeded(
    mmsrRun([file], folder, { MLFLOW_TRACKING_URI: server.uri, MLFLOW_TRACKING_TOKEN: 'geheim' }),
  );
  expect(stderr).not.toMatch(/mlflow:|geheim/);
  await expectWhole('live', name);
  const run = (await runsOf(server, name)).get('head-none') as ShownRun;
  const params = new Map(run.data.params?.map(({ key, value }) => [key, value]));
  expect(params.get('model.backbone.name')).toBe('edsr');
  expect(params.get('model.head')).toBe('null');
  const processor = await curve(server, run, 'system/cpu_utilization_percentage');
  expect(processor.length).toBeGreaterThan(0);
  for (const path of await readdir(join(folder, 'runs'), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!path.isFile()) continue;
    const text = await readFile(join(path.parentPath, path.name), 'latin1');
    expect([path.name, text.includes('geheim')]).toEqual([path.name, false]);
  }
  // Nothing is left to do.
  const again = await succeeded(
    mmsrRun(['sync', 'runs/live'], folder, { MLFLOW_TRACKING_URI: server.uri }),
  );
  expect(again.stdout).toMatch(/head-none: was sent before/);
});

/** Runs a study through a proxy, and sends through it later what is missing. */
async function runFaulty(
  study: string,
  proxy: FaultyProxy,
  beforeSync: () => Promise<void>,
): Promise<Ended> {
  const uri = await proxy.listen();
  try {
    const file = await experiment(
      study,
      `tracking: {name: mlflow, uri: "${uri}", timeoutSeconds: 2, systemMetricsSeconds: 0.2}`,
      24,
    );
    const ended = await succeeded(mmsrRun([file], folder));
    await beforeSync();
    await succeeded(mmsrRun(['sync', `runs/${study}`], folder));
    return ended;
  } finally {
    await proxy.close();
  }
}

test('errors, broken connections and silence in the middle: nothing is missing or doubled', async () => {
  const proxy = new FaultyProxy(server);
  let count = 0;
  proxy.mode = (): ProxyMode => {
    count++;
    if (count === 20) return 'hang';
    return count % 7 !== 0 ? 'pass' : count % 2 === 0 ? 'cut' : '500';
  };
  const { stderr } = await runFaulty('faults', proxy, async () => undefined);
  expect(stderr).toContain('The run goes on');
  expect(count).toBeGreaterThan(40);
  await expectWhole('faults');
});

test('the server is stopped in the middle of a run and is back later: nothing is missing', async () => {
  const proxy = new FaultyProxy(server);
  let stopped: Promise<void> | undefined;
  proxy.mode = (name) => {
    if (name.endsWith('log-batch')) stopped ??= server.stop();
    return 'pass';
  };
  const { stderr } = await runFaulty('stopped', proxy, async () => {
    expect(stopped).toBeDefined();
    await stopped;
    await server.resume();
  });
  expect(stderr).toContain('mmsr-run sync');
  await expectWhole('stopped');
});

test('a run without a server, sent later, is the same as one sent live', async () => {
  const tracking = `tracking: {name: mlflow, uri: "${await emptyAddress()}", systemMetricsSeconds: 0}`;
  const { stderr } = await succeeded(mmsrRun([await experiment('offline', tracking)], folder));
  expect(stderr).toContain('ECONNREFUSED');
  await succeeded(mmsrRun(['sync', 'runs/offline', '--uri', server.uri], folder));
  await expectWhole('offline');
  const [live, offline] = [await runsOf(server, HOSTILE), await runsOf(server, 'offline')];
  for (const cell of CELLS) {
    const [a, b] = [live.get(cell) as ShownRun, offline.get(cell) as ShownRun];
    const shape = async (run: ShownRun) => ({
      params: run.data.params?.filter(({ key }) => key !== 'name'),
      metrics: run.data.metrics
        ?.filter(({ key }) => !key.startsWith('system/'))
        .map(({ key, value, step }) => [key, value, step]),
      tags: [...tags(run).keys()].sort(),
      files: [await files(server, run), await files(server, run, 'pictures')],
    });
    expect(await shape(b)).toEqual(await shape(a));
    const events = await recorded('offline', cell);
    expect(b.info.start_time).toBeLessThan(events.get('loss')?.[0]?.timestamp ?? 0);
    expect(b.info.end_time).toBeLessThan(Date.now());
  }
});

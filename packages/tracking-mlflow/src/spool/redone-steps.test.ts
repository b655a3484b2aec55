import { connectionOf } from '../client/connection.js';
import { MlflowClient } from '../client/mlflow-client.js';
import { Transport } from '../client/transport.js';
import { FakeMlflow } from '../testing/fake-mlflow.js';
import { BEGAN, MadeStudy } from '../testing/made-run.js';
import { RunSender } from './run-sender.js';

let server: FakeMlflow;
let address: string;
let study: MadeStudy;

beforeEach(async () => {
  server = new FakeMlflow();
  address = await server.listen();
  study = await MadeStudy.create();
});
afterEach(async () => {
  await server.close();
  await study.remove();
});

function open(directory: string): Promise<RunSender> {
  const connection = connectionOf(address, {});
  if (connection === undefined) throw new Error('no address');
  const client = new MlflowClient(new Transport(connection, { timeoutMs: 20000 }));
  return RunSender.open(directory, { client, models: true, onSkip: () => undefined });
}

/** Sends and is killed. */
async function send(directory: string): Promise<void> {
  const sender = await open(directory);
  try {
    await sender.send();
  } finally {
    await sender.close(false);
  }
}

/** A run that goes back from step 4 to 2 and comes out otherwise at step 3. */
async function goneBack(): Promise<string> {
  const directory = await study.begin('a');
  await study.steps('a', 1, 4);
  const time = BEGAN + 4500;
  await study.record('a', { type: 'metrics', step: 3, time, values: { loss: 7, rate: 0.1 } });
  await study.steps('a', 4, 5);
  return directory;
}

const OTHERWISE = [[1, 1], [2, 1 / 2], [3, 1 / 3], [4, 1 / 4], [3, 7], [5, 1 / 5]]; // prettier-ignore

const points = (of: string) =>
  server
    .run('a')
    .metrics.filter(({ key }) => key === of)
    .map(({ step, value }) => [step, value]);

test('a step that comes out otherwise when it is done again is shown with both values', async () => {
  await send(await goneBack());
  expect(points('loss')).toEqual(OTHERWISE);
  expect(points('rate').map(([step]) => step)).toEqual([1, 2, 3, 4, 5]);
});

test.each(['drop', 500] as const)(
  'it is shown once where its sending is broken off by %s and the process killed',
  async (fault) => {
    const directory = await goneBack();
    server.fault = (_, body) => (JSON.stringify(body).includes('"loss"') ? fault : undefined);
    await expect(send(directory)).rejects.toThrow();
    server.fault = () => undefined;
    await send(directory);
    expect(points('loss')).toEqual(OTHERWISE);
  },
);

test('a step done again at another time is not taken for one that the server has', async () => {
  const directory = await study.begin('a');
  await study.steps('a', 1, 3);
  await send(directory);
  const time = BEGAN + 4500;
  await study.record('a', { type: 'metrics', step: 3, time, values: { loss: 7, rate: 0.1 } });
  await send(directory);
  expect(points('loss')).toEqual([[1, 1], [2, 1 / 2], [3, 1 / 3], [3, 7]]); // prettier-ignore
});

/*
 * The thread that sends a run while it is computed: it reads what the run appends to its directory, so
 * the run hands nothing over and waits for nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '@mmsr/core/errors';
import { connectionOf, type Connection } from '../client/connection.js';
import { MlflowClient } from '../client/mlflow-client.js';
import { Transport } from '../client/transport.js';
import { RunSender } from '../spool/run-sender.js';
import { SendQueue } from './send-queue.js';
import type { ToWorker, WorkerData } from './send-thread.js';
import { SystemMetrics } from './system-metrics.js';

const { directory, options } = workerData as WorkerData;
const stop = new AbortController();

function say(level: 'info' | 'warning', text: string): void {
  parentPort?.postMessage({ type: 'message', level, text });
}

function connect(): Connection | undefined {
  try {
    const connection = connectionOf(options.uri);
    if (connection !== undefined) return connection;
    say(
      'warning',
      'mlflow: no server is named: set MLFLOW_TRACKING_URI, then `mmsr-run sync` the run.',
    );
  } catch (error) {
    say('warning', `mlflow: ${describeError(error)}`);
  }
  return undefined;
}

async function work(): Promise<boolean> {
  const system = new SystemMetrics(directory, () => queue?.poke());
  const connection = connect();
  const sender = connection === undefined ? undefined : await openSender(connection);
  const queue =
    sender === undefined
      ? undefined
      : new SendQueue({
          send: (isLast) => sender.send(isLast),
          stop,
          finishMs: options.finishSeconds * 1000,
          onMessage: say,
          pause: async (ms, signal) => void (await delay(ms, undefined, { signal })),
        });
  const finished = new Promise<void>((resolve) => {
    parentPort?.on('message', ({ type }: ToWorker) => {
      if (type === 'poke') return queue?.poke();
      system.stop();
      queue?.finish();
      resolve();
    });
  });
  if (options.systemMetricsSeconds > 0) await system.start(options.systemMetricsSeconds * 1000);
  parentPort?.postMessage({ type: 'ready' });
  const isSent = (await queue?.run()) ?? false;
  await finished;
  await sender?.close(isSent);
  return isSent;
}

function openSender(connection: Connection): Promise<RunSender> {
  const { timeoutSeconds, experiment, models } = options;
  const transport = new Transport(connection, {
    timeoutMs: timeoutSeconds * 1000,
    signal: stop.signal,
  });
  return RunSender.open(directory, {
    client: new MlflowClient(transport),
    experiment,
    models,
    isLive: true,
    onSkip: (message) => say('warning', `mlflow: ${message}`),
  });
}

let isSent = false;
try {
  isSent = await work();
} catch (error) {
  say('warning', `mlflow: nothing more is sent: ${describeError(error)}`);
}
parentPort?.postMessage({ type: 'finished', isSent });
parentPort?.close();

import { availableParallelism } from 'node:os';
import { defineLauncher, type LaunchRequest, Type } from '@mmsr/core';
import { type EndedCell, runCellProcess } from './cell-process.js';

/** Runs several cells at a time, each in a process of its own, with an even share of the cores. */
export const processesLauncher = defineLauncher({
  name: 'processes',
  apiVersion: 1,
  description: 'Several cells at a time, each in a process of its own.',
  configSchema: Type.Object({
    jobs: Type.Integer({ minimum: 1, default: 1, description: 'Processes at a time.' }),
  }),
  create: ({ jobs }) => ({ launch: (requests, signal) => launch(requests, signal, jobs) }),
});

async function* launch(
  requests: readonly LaunchRequest[],
  signal: AbortSignal,
  jobs: number,
): AsyncGenerator<EndedCell> {
  const atOnce = Math.min(jobs, requests.length);
  const threads = Math.max(1, Math.floor(availableParallelism() / atOnce));
  const waiting = [...requests];
  const running = new Map<string, Promise<EndedCell>>();
  while (waiting.length + running.size > 0) {
    while (running.size < atOnce && waiting.length > 0) {
      const request = waiting.shift() as LaunchRequest;
      const { cell } = request;
      const ending = signal.aborted
        ? Promise.resolve<EndedCell>({ cell, outcome: 'stopped' })
        : runCellProcess(request, threads, signal);
      running.set(cell, ending);
    }
    const ended = await Promise.race(running.values());
    running.delete(ended.cell);
    yield ended;
  }
}

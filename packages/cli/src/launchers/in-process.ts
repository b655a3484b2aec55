import { defineLauncher, Type } from '@mmsr/core';

/** Runs the cells one after the other in this process. */
export const inProcessLauncher = defineLauncher({
  name: 'in-process',
  apiVersion: 1,
  description: 'One cell after the other, in this process.',
  configSchema: Type.Object({}),
  create: () => ({
    async *launch(requests, signal) {
      for (const { cell, run } of requests) {
        yield { cell, outcome: signal.aborted ? ('stopped' as const) : await run() };
      }
    },
  }),
});

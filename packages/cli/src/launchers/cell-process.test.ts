import { runCellProcess } from './cell-process.js';

const REQUEST = {
  cell: 'main',
  commandLine: ['missing.yaml'],
  run: () => Promise.reject(new Error('is not run here')),
};

test('a process that is stopped before it listens to signals has stopped, not failed', async () => {
  const stop = new AbortController();
  const ending = runCellProcess(REQUEST, 1, stop.signal);
  stop.abort();
  expect(await ending).toEqual({ cell: 'main', outcome: 'stopped' });
});

test('a process that cannot be started is a failed cell', async () => {
  const { execPath } = process;
  process.execPath = '/there/is/no/node';
  try {
    expect(await runCellProcess(REQUEST, 1, new AbortController().signal)).toEqual({
      cell: 'main',
      outcome: 'failed',
      error: 'its process cannot be started: spawn /there/is/no/node ENOENT',
    });
  } finally {
    process.execPath = execPath;
  }
});

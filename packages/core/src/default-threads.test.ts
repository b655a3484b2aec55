import { availableParallelism } from 'node:os';
import { defaultThreads } from './default-threads.js';

const before = process.env.MMSR_THREADS;

afterEach(() => {
  if (before === undefined) delete process.env.MMSR_THREADS;
  else process.env.MMSR_THREADS = before;
});

test.each([
  ['1', 1],
  ['12', 12],
  ['', availableParallelism()],
  ['0', availableParallelism()],
  ['many', availableParallelism()],
])('MMSR_THREADS=%s', (text, threads) => {
  process.env.MMSR_THREADS = text;
  expect(defaultThreads()).toBe(threads);
});

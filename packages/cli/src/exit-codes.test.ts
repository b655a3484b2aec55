import { exitCodeOf } from './exit-codes.js';

test.each([
  [['done', 'done'], undefined, 0],
  [['done', 'failed'], undefined, 1],
  [['stopped'], 'SIGINT', 130],
  [['done', 'stopped'], 'SIGTERM', 143],
  [['stopped'], 'SIGUSR2', 75],
  [['done'], 'SIGINT', 0],
  [['failed', 'stopped'], undefined, 1],
  [['again'], undefined, 75],
] as const)('%j stopped by %s: %i', (outcomes, signal, code) => {
  expect(exitCodeOf(outcomes, signal)).toBe(code);
});

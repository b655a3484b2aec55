import type { CellOutcome } from '@mmsr/core';

/** How mmsr-run ends. 75 is EX_TEMPFAIL: start me again. */
export const EXIT = {
  done: 0,
  failed: 1,
  wrongInput: 2,
  again: 75,
  interrupted: 130,
  terminated: 143,
} as const;

/** Signals that stop a run after a checkpoint, and the exit code they lead to. */
export const STOP_SIGNALS = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGUSR2: EXIT.again,
} as const;

export type StopSignal = keyof typeof STOP_SIGNALS;

const OUTCOMES: ReadonlyMap<number | null, CellOutcome> = new Map([
  [EXIT.done, 'done'],
  [EXIT.wrongInput, 'wrong-input'],
  [EXIT.again, 'again'],
  [EXIT.interrupted, 'stopped'],
  [EXIT.terminated, 'stopped'],
] as const);

/** How a process that did one cell ended, by its exit code; null: it was killed. */
export function outcomeOf(code: number | null): CellOutcome {
  return OUTCOMES.get(code) ?? 'failed';
}

/** The exit code of a command that ran cells. */
export function exitCodeOf(
  outcomes: readonly CellOutcome[],
  stoppedBy: StopSignal | undefined,
): number {
  if (stoppedBy !== undefined && outcomes.includes('stopped')) return STOP_SIGNALS[stoppedBy];
  if (outcomes.includes('failed')) return EXIT.failed;
  if (outcomes.includes('wrong-input')) return EXIT.wrongInput;
  if (outcomes.includes('stopped')) return EXIT.interrupted;
  if (outcomes.includes('again')) return EXIT.again;
  return EXIT.done;
}

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type CellOutcome, type LaunchRequest, messageOf } from '@mmsr/core';
import { outcomeOf, STOP_SIGNALS } from '../exit-codes.js';

const MMSR_RUN = fileURLToPath(new URL('../../bin/mmsr-run.js', import.meta.url));

/** Of what a process said, kept in case that it ends without a word on why. */
const LAST_LINES = 20;

/** Tells a process of a cell that it belongs to another one, see {@link stopWithParent}. */
const LAUNCHED = 'MMSR_LAUNCHED';

/** How a cell's process ended. */
export interface EndedCell {
  readonly cell: string;
  readonly outcome: CellOutcome;
  /** Why it failed, in words. */
  readonly error?: string;
}

/**
 * Does a cell in a process of its own; its messages go on to standard error.
 * @param threads how many threads its engine takes where the experiment does not say
 * @param signal has it save a checkpoint and stop
 */
export async function runCellProcess(
  { cell, commandLine }: LaunchRequest,
  threads: number,
  signal: AbortSignal,
): Promise<EndedCell> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, MMSR_RUN, ...commandLine, '--json', '--launcher', 'in-process'],
    {
      env: { ...process.env, MMSR_THREADS: String(threads), [LAUNCHED]: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  let stdout = '';
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.split('\n').slice(-LAST_LINES).join('\n');
    process.stderr.write(text);
  });
  try {
    const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (...end) => resolve(end));
      },
    );
    // A signal that comes before the process listens ends it: that too is stopping.
    const isStopped = signal.aborted && killedBy !== null && killedBy in STOP_SIGNALS;
    const outcome = isStopped ? 'stopped' : outcomeOf(code);
    if (outcome !== 'failed' && outcome !== 'wrong-input') return { cell, outcome };
    return { cell, outcome, error: errorIn(stdout) ?? unexplained(code, killedBy, said) };
  } catch (error) {
    return { cell, outcome: 'failed', error: `its process cannot be started: ${messageOf(error)}` };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What the process itself reports of its one cell. */
function errorIn(stdout: string): string | undefined {
  try {
    return (JSON.parse(stdout) as { cells: { error?: string }[] }).cells[0]?.error;
  } catch {
    return undefined;
  }
}

/** How a process ended that did not say why itself. */
export function unexplained(code: number | null, killedBy: string | null, said: string): string {
  const how =
    killedBy === null
      ? `its process ended with code ${code}`
      : `its process was ended by ${killedBy}` +
        (killedBy === 'SIGKILL' ? ', as the system does when memory runs out' : '') +
        (said.includes('heap out of memory')
          ? ', since JavaScript ran out of memory (NODE_OPTIONS=--max-old-space-size=8192 gives it 8 GB)'
          : '');
  return said.trim() === '' ? how : `${how}; it last said:\n${said.trimEnd()}`;
}

/** Whether this process does one cell for another, which reports on all. */
export function isLaunched(): boolean {
  return process.env[LAUNCHED] !== undefined;
}

/** In a process of a cell: stops it as SIGTERM does when the process that started it is gone. */
export function stopWithParent(): void {
  if (!isLaunched() || process.channel === undefined) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Waiting for that is no reason to go on.
  process.channel.unref();
}

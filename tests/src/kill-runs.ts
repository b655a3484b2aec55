import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomStream, type RunEvent } from '@mmsr/core';
import { MMSR_RUN, start, type Started } from './command-line.js';

/** Everything a run ends with, in a form that is equal when every bit is. */
export interface RunEnd {
  readonly results: string;
  /** Of the last checkpoint, by file name: base64. */
  readonly checkpoint: Readonly<Record<string, string>>;
  /** By step and name, the line that counts. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Reads how a run of the experiment `tiny` ended. */
export async function endOf(out: string, steps: number): Promise<RunEnd> {
  const cell = join(out, 'tiny', 'main');
  const folder = join(cell, 'checkpoints', String(steps));
  const names = (await readdir(folder)).sort();
  const files = names.map(async (name) => [
    name,
    (await readFile(join(folder, name))).toString('base64'),
  ]);
  const metrics: Record<string, number> = {};
  for (const line of (await readFile(join(cell, 'events.jsonl'), 'utf8')).split('\n')) {
    const event = parse(line);
    if (event?.type !== 'metrics') continue;
    for (const [name, value] of Object.entries(event.values)) {
      metrics[`${event.step} ${name}`] = value;
    }
  }
  return {
    results: await readFile(join(cell, 'results.json'), 'utf8'),
    checkpoint: Object.fromEntries(await Promise.all(files)) as Record<string, string>,
    metrics,
  };
}

/** Undefined for what a kill cut off. */
function parse(line: string): RunEvent | undefined {
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return undefined;
  }
}

export interface KillOptions {
  readonly folder: string;
  readonly file: string;
  readonly kills: number;
  /** How long a whole run takes, and how long of that comes before its first step. */
  readonly wholeMs: number;
  readonly startMs: number;
  readonly environment?: NodeJS.ProcessEnv;
}

/** At most one kill in five comes at any time, the others once the run is at its steps. */
const ANY_TIME = 0.2;

export interface KilledRuns {
  /** Of runs that were killed at least once and then came to their end. */
  readonly folders: readonly string[];
  readonly atSteps: number;
}

/**
 * Runs the experiment again and again, each time killed at a random moment, until it is done, then another
 * copy of it, until there were so many kills.
 */
export async function killRuns(options: KillOptions): Promise<KilledRuns> {
  const { folder, file, kills, environment = {} } = options;
  const random = randomStream(Number(process.env.MMSR_KILL_SEED ?? 1), 'kill');
  const folders: string[] = [];
  const count = { killed: 0, atSteps: 0 };
  let out = join(folder, 'killed-0');
  let isUntouched = true;
  while (count.killed < kills || !isUntouched) {
    const run = start(process.execPath, [MMSR_RUN, file, '--out', out], folder, environment);
    // A kill at any time hits always, one at the steps only where some are left.
    const isCapped = count.killed - count.atSteps + 1 > kills * ANY_TIME;
    const whenAtSteps = random.uniform() >= ANY_TIME || isCapped;
    const killing =
      count.killed < kills
        ? killAtRandom(run, options, { atSteps: whenAtSteps, moment: random.uniform() })
        : Promise.resolve(false);
    const { code, signal, stderr } = await run.ended;
    const atSteps = await killing;
    if (signal === 'SIGKILL') {
      count.killed++;
      if (atSteps) count.atSteps++;
      isUntouched = false;
      continue;
    }
    if (code !== 0)
      throw new Error(`after ${count.killed} kills it ended with ${code}:\n${stderr}`);
    if (!isUntouched) folders.push(out);
    out = join(folder, `killed-${folders.length}-${count.killed}`);
    isUntouched = true;
  }
  return { folders, atSteps: count.atSteps };
}

/** Kills a run that has not ended by then. @returns whether it was at its steps */
async function killAtRandom(
  run: Started,
  { wholeMs, startMs }: KillOptions,
  { atSteps, moment }: { readonly atSteps: boolean; readonly moment: number },
): Promise<boolean> {
  // A run that has no step left to do says nothing of steps.
  if (atSteps) await run.seen(': step ').catch(() => undefined);
  const delayMs = moment * (atSteps ? wholeMs - startMs : wholeMs);
  const timer = setTimeout(() => run.kill('SIGKILL'), delayMs);
  await run.ended;
  clearTimeout(timer);
  return atSteps;
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomStream, type RunEvent } from '@mmsr/core';
import { MMSR_RUN, start } from './command-line.js';

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
  /** How long a whole run takes; each is killed within this time. */
  readonly wholeMs: number;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Runs the experiment again and again, each time killed at a random moment, until it is done, then another
 * copy of it, until there were so many kills.
 * @returns the folders of runs that were killed at least once and then came to their end
 */
export async function killRuns(options: KillOptions): Promise<string[]> {
  const { folder, file, kills, wholeMs, environment = {} } = options;
  const random = randomStream(Number(process.env.MMSR_KILL_SEED ?? 1), 'kill');
  const ended: string[] = [];
  let killed = 0;
  let out = join(folder, 'killed-0');
  let isUntouched = true;
  while (killed < kills || !isUntouched) {
    const run = start(process.execPath, [MMSR_RUN, file, '--out', out], folder, environment);
    const delayMs = random.uniform() * wholeMs;
    const timer = killed < kills ? setTimeout(() => run.kill('SIGKILL'), delayMs) : undefined;
    const { code, signal, stderr } = await run.ended;
    clearTimeout(timer);
    if (signal === 'SIGKILL') {
      killed++;
      isUntouched = false;
      continue;
    }
    if (code !== 0) throw new Error(`after ${killed} kills it ended with ${code}:\n${stderr}`);
    if (!isUntouched) ended.push(out);
    out = join(folder, `killed-${ended.length}-${killed}`);
    isUntouched = true;
  }
  return ended;
}

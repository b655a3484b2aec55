import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, RunEvent } from '@mmsr/core';

/** How far a cell is, and whether its numbers are used. */
export interface CellState {
  readonly cell: string;
  /** left-out: it is done, but of another experiment than the others. */
  readonly state: 'done' | 'failed' | 'stopped' | 'unfinished' | 'not-started' | 'left-out';
  /** Why it failed or was left out. */
  readonly reason: string | null;
  /** null as long as it has no manifest. */
  readonly seed: number | null;
}

/** The state of a cell without results, from the last word of its events. */
export async function unfinishedState(
  cell: string,
  directory: string,
  manifest: Manifest | undefined,
): Promise<CellState> {
  const seed = manifest?.experiment?.seed ?? null;
  const last = await lastStateEvent(directory);
  if (last?.state === 'failed') {
    return { cell, state: 'failed', reason: last.message ?? null, seed };
  }
  const state = last?.state === 'stopped' ? 'stopped' : 'unfinished';
  return { cell, state: manifest === undefined ? 'not-started' : state, reason: null, seed };
}

type StateEvent = Extract<RunEvent, { type: 'state' }>;

async function lastStateEvent(directory: string): Promise<StateEvent | undefined> {
  const text = await readFile(join(directory, 'events.jsonl'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.includes('"state"'));
  for (const line of lines.reverse()) {
    try {
      const event = JSON.parse(line) as RunEvent;
      if (event.type === 'state') return event;
    } catch {
      // A line that a crash cut off.
    }
  }
  return undefined;
}

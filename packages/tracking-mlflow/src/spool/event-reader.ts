import type { RunEvent } from '@mmsr/core';
import { parseLine, readLines } from './lines.js';

export interface ReadEvent {
  /** Undefined where the line holds nothing that was not there before. */
  readonly event: RunEvent | undefined;
  /** Byte offset behind its line. */
  readonly end: number;
}

/**
 * Reads events.jsonl in order. A run that was killed does the steps since its last checkpoint again and
 * records them again, equal to before; only the first of each counts.
 */
export class EventReader {
  #offset = 0;
  /** The highest step seen of each metric and picture. */
  readonly #highest = new Map<string, number>();

  constructor(private readonly path: string) {}

  /** Events behind an offset, which must not be before one that was read already. */
  async *after(offset: number): AsyncGenerator<ReadEvent> {
    for await (const line of readLines(this.path, this.#offset)) {
      const event = parseLine<RunEvent>(line);
      const fresh = event === undefined ? undefined : this.#fresh(event);
      this.#offset = line.end;
      if (line.end > offset) yield { event: fresh, end: line.end };
    }
  }

  #fresh(event: RunEvent): RunEvent | undefined {
    if (event.type === 'metrics') {
      const values = Object.entries(event.values).filter(([key]) => this.#isNew(key, event.step));
      return values.length === 0 ? undefined : { ...event, values: Object.fromEntries(values) };
    }
    if (event.type === 'image') {
      return this.#isNew(`image ${event.path}`, event.step) ? event : undefined;
    }
    return event;
  }

  #isNew(key: string, step: number): boolean {
    const isNew = step > (this.#highest.get(key) ?? -1);
    if (isNew) this.#highest.set(key, step);
    return isNew;
  }
}

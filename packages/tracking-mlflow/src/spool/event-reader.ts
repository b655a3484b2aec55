import type { RunEvent } from '@mmsr/core';
import { parseLine, readLines } from './lines.js';

export interface ReadEvent {
  /** Undefined where the line holds nothing that was not there before. */
  readonly event: RunEvent | undefined;
  /** Byte offset behind its line. */
  readonly end: number;
}

/**
 * Reads events.jsonl in order. A run that was killed, or that went back after a loss that was no number,
 * does the steps since its last checkpoint again and records them again. What comes out equal to before
 * counts once; another value counts too. A picture counts once.
 */
export class EventReader {
  #offset = 0;
  /** The newest value of each step, by metric. */
  readonly #values = new Map<string, Map<number, number | null>>();
  /** The highest step seen of each picture. */
  readonly #pictures = new Map<string, number>();

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
      const values = Object.entries(event.values).filter(([key, value]) =>
        this.#isNewValue(key, event.step, value),
      );
      return values.length === 0 ? undefined : { ...event, values: Object.fromEntries(values) };
    }
    if (event.type === 'image') {
      return this.#isNewPicture(event.path, event.step) ? event : undefined;
    }
    return event;
  }

  #isNewValue(key: string, step: number, value: number | null): boolean {
    const values = this.#values.get(key) ?? new Map<number, number | null>();
    this.#values.set(key, values);
    const isNew = values.get(step) !== value;
    if (isNew) values.set(step, value);
    return isNew;
  }

  #isNewPicture(path: string, step: number): boolean {
    const isNew = step > (this.#pictures.get(path) ?? -1);
    if (isNew) this.#pictures.set(path, step);
    return isNew;
  }
}

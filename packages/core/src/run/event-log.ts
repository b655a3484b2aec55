import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { RunEvent } from '../contracts/tracker.js';
import { fileError, writeWhole } from './durable.js';

/**
 * events.jsonl: one line an event, appended. A line that a crash or a full disk cut off is ended before
 * the next one, so that no line is spoiled but that one.
 */
export class EventLog {
  #endsWhole = false;

  constructor(private readonly path: string) {}

  /** @throws MmsrError E_FILE when the event could not be written whole */
  async append(event: RunEvent): Promise<void> {
    try {
      const file = await open(this.path, 'a+');
      try {
        const { size } = await file.stat();
        const start = this.#endsWhole || (await endsLine(file, size)) ? '' : '\n';
        this.#endsWhole = false;
        await writeWhole(file, Buffer.from(`${start}${JSON.stringify(event)}\n`), size);
        this.#endsWhole = true;
      } finally {
        await file.close();
      }
    } catch (error) {
      throw fileError('cannot be written', this.path, error);
    }
  }
}

async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

/**
 * The events of an events.jsonl, in order, without lines that were cut off; none where there is no file.
 * @throws MmsrError E_FILE when it cannot be read
 */
export async function readEvents(path: string): Promise<RunEvent[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('cannot be read', path, error);
  }
  return text.split('\n').flatMap((line) => parse(line));
}

function parse(line: string): RunEvent[] {
  try {
    const event = JSON.parse(line) as RunEvent | null;
    return typeof event === 'object' && event !== null && 'type' in event ? [event] : [];
  } catch {
    return [];
  }
}

import { open } from 'node:fs/promises';

/** One line of a file that others append to. */
export interface Line {
  readonly text: string;
  /** Byte offset just behind it, where the next one begins. */
  readonly end: number;
}

const CHUNK_BYTES = 1 << 18;
const NEW_LINE = 10;

/** The whole lines of a file from a byte offset on; none where there is no file. */
export async function* readLines(path: string, from: number): AsyncGenerator<Line> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    let at = from;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at + rest.length);
      if (bytesRead === 0) return;
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      for (let i = rest.indexOf(NEW_LINE); i >= 0; i = rest.indexOf(NEW_LINE)) {
        at += i + 1;
        yield { text: rest.toString('utf8', 0, i), end: at };
        rest = rest.subarray(i + 1);
      }
    }
  } finally {
    await file.close();
  }
}

/** Undefined where the line was cut off by a crash. */
export function parseLine<T>({ text }: Line): T | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const known = new Map<string, Promise<string>>();

/**
 * SHA-256 of a file in hex, read as a stream. Remembered while size and time of change stay, since
 * every cell of a study opens the same slides and hashing gigabytes takes a while.
 */
export async function digestOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const key = `${path} ${size} ${mtimeMs}`;
  let digest = known.get(key);
  if (digest === undefined) {
    digest = hashFile(path);
    known.set(key, digest);
    digest.catch(() => known.delete(key));
  }
  return digest;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const POLL_MS = 1000;
const STEP_PERCENT = 10;

/** Says how far a download is, from the bytes that it has put into a folder. @returns what ends it */
export function watchDownload(
  folder: string,
  { name, version, sizeBytes }: { name: string; version: string; sizeBytes: number },
  onProgress: (line: string) => void,
): () => void {
  const megabytes = Math.ceil(sizeBytes / 1e6);
  onProgress(`downloading ${name} ${version}, ${megabytes} MB`);
  let next = STEP_PERCENT;
  const timer = setInterval(() => {
    const percent = Math.floor((100 * largestFileBytes(folder)) / sizeBytes);
    if (percent < next || percent >= 100) return;
    onProgress(`downloading ${name}: ${percent} % of ${megabytes} MB`);
    next = percent - (percent % STEP_PERCENT) + STEP_PERCENT;
  }, POLL_MS);
  return () => clearInterval(timer);
}

/** pip moves its files while this looks at them; what is gone meanwhile does not count. */
function largestFileBytes(folder: string): number {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return Math.max(0, ...names.map((name) => statSync(join(folder, name)).size));
  } catch {
    return 0;
  }
}

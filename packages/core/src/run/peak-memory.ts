import { readFile, writeFile } from 'node:fs/promises';

/** Has {@link peakMemoryBytes} begin anew; where the system cannot (all but Linux), it goes on. */
export async function resetPeakMemory(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
}

/** The most memory that this process held at any time since then: WebAssembly's and TensorFlow's too. */
export async function peakMemoryBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return 1024 * (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes));
}

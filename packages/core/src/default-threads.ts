import { availableParallelism } from 'node:os';

/**
 * How many threads an engine takes where the experiment does not say: one per core, or what the
 * environment variable MMSR_THREADS says, as where several cells share the cores.
 */
export function defaultThreads(): number {
  const asked = process.env.MMSR_THREADS ?? '';
  return /^[1-9]\d{0,3}$/.test(asked) ? Number(asked) : availableParallelism();
}

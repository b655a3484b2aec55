import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What the driver calls the first GPU; `gpu` where it cannot be asked. */
export async function gpuName(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', [
      '--query-gpu=name',
      '--format=csv,noheader',
    ]);
    return stdout.split('\n')[0]?.trim() ?? 'gpu';
  } catch {
    return 'gpu';
  }
}

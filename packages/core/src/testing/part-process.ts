import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const url = (path: string) => new URL(path, import.meta.url).href;

/**
 * Starts a process that installs a part. With `stop` it says so and waits in the middle of it for ever;
 * without, it prints `built` if it was the one that made the part.
 */
export function startInstall(cache: string, key: string, stop: boolean): ChildProcess {
  const program = `
    import { installAside } from '${url('../native-parts/install-aside.js')}';
    import { writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    const build = async (folder) => {
      writeFileSync(join(folder, 'library'), 'half');
      console.log('building');
      if (${stop}) await new Promise((resolve) => setInterval(resolve, 1e9));
      writeFileSync(join(folder, 'library'), 'whole');
      return { name: 'part', gpu: false, versions: {}, origins: [] };
    };
    const request = { cache: ${JSON.stringify(cache)}, key: ${JSON.stringify(key)}, build };
    await installAside(request, { onProgress: () => undefined });
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Starts a process that locks a run directory, says `held` and waits for ever. */
export function startHolder(directory: string): ChildProcess {
  const program = `
    import { RunLock } from '${url('../run/run-lock.js')}';
    await RunLock.take(${JSON.stringify(directory)});
    console.log('held');
    setInterval(() => undefined, 1e9);
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What a process prints first. */
export async function firstOutput(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('its output is not piped');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return data.toString().trim();
}

/** The number of a process that has ended. */
export function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

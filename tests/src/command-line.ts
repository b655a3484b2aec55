import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The command as a clone has it. */
export const MMSR_RUN = fileURLToPath(
  new URL('../../packages/cli/bin/mmsr-run.js', import.meta.url),
);

/** Native parts that this machine may have installed are not seen, unless a test asks for them. */
export const NO_NATIVE_PARTS = { MMSR_CACHE: join(tmpdir(), 'mmsr-tests-without-native-parts') };

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** Resolves as soon as standard error holds the text; rejects when the process ends without it. */
  seen(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a command in a folder. */
export function start(
  command: string,
  args: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv = {},
): Started {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', ...NO_NATIVE_PARTS, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
    for (const watch of watchers) watch();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const seen = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const watch = () => {
        if (stderr.includes(text)) resolve();
      };
      watchers.add(watch);
      watch();
      void ended.then(() => reject(new Error(`ended without "${text}":\n${stderr}`)));
    });
  return { ended, seen, kill: (signal) => child.kill(signal) };
}

/** Runs mmsr-run of this clone to its end. */
export function mmsrRun(
  args: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return start(process.execPath, [MMSR_RUN, ...args], folder, environment).ended;
}

/** A new folder and what removes it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'mmsr-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

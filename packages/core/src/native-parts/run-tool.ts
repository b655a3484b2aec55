import { spawn } from 'node:child_process';

export interface ToolOptions {
  readonly folder?: string | undefined;
  /** Added to the environment of this process. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Kills the tool; runTool then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How a tool ended. `code` is undefined when it could not be started or was killed. */
export interface ToolResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end and keeps what it prints. Its standard input stays open as long as this
 * process lives, so that a program that reads it notices when this process is killed.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { folder, environment, signal }: ToolOptions = {},
): Promise<ToolResult> {
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = () => child.kill();
  signal?.addEventListener('abort', stop);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  child.stdin.on('error', () => undefined);
  const code = await new Promise<number | undefined>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      stderr += error.code === 'ENOENT' ? 'not found' : error.message;
      resolve(undefined);
    });
    child.on('close', (exitCode) => resolve(exitCode ?? undefined));
  });
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  return { code, stdout, stderr };
}

/** The last line that says something, without colours; what to show of a tool that failed. */
export function lastLine(output: string, pattern = /\S/): string {
  const lines = output
    // eslint-disable-next-line no-control-regex -- the escape character is what begins a colour
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split(/\r?\n/)
    .filter((line) => pattern.test(line));
  return lines.at(-1)?.trim() ?? '';
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Calls by which a file system is changed or asked. */
const CALLS = [
  ...['openat', 'write', 'pwrite64', 'fsync', 'fdatasync', 'close', 'rename', 'mkdir', 'rmdir'],
  ...['unlink', 'unlinkat', 'statx', 'fstat', 'newfstatat', 'getdents64', 'ftruncate', 'pread64'],
  'read',
];

/** A line of a log: thread, name, arguments and result. */
const CALL = /^(\d+) +(\w+)\((.*)$/;

const TARGET = fileURLToPath(new URL('./checkpoint-target.js', import.meta.url));

export interface EndedTarget {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One system call of a thread: the `nth` of its name. */
export interface SystemCall {
  readonly name: string;
  readonly nth: number;
  readonly text: string;
  /** Of `read`, without which the event loop cannot live: the file whose reads alone are counted and traced. */
  readonly path?: string;
}

/** What happens at a call, as strace has it: `error=EIO`, `retval=0`, `signal=KILL`. */
export interface Fault {
  readonly call: SystemCall;
  readonly effect: string;
}

async function until(child: ChildProcess, stream: 'stdout' | 'stderr', text: string) {
  let seen = '';
  for await (const data of child[stream] as AsyncIterable<Buffer>) {
    seen += data.toString();
    if (seen.includes(text)) return;
  }
  throw new Error(`ended without "${text}": ${seen}`);
}

/** Saves a checkpoint in a process whose calls are traced, from the save on, with a fault in one of them. */
export async function saveTraced(
  directory: string,
  step: number,
  log: string,
  fault?: Fault,
): Promise<EndedTarget> {
  const target = spawn(process.execPath, [TARGET, directory, String(step)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(target, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await until(target, 'stdout', 'ready');
  const args = ['-f', '-y', '-qq', '-o', log, '-e', `trace=${CALLS.join()}`];
  const inject = fault === undefined ? [] : injectionOf(fault);
  const tracer = spawn('strace', [...args, ...inject, '-p', String(target.pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const traced = once(tracer, 'close');
  await attached(target.pid as number);
  target.stdin.end('go\n');
  target.stdout.resume();
  const [code, signal] = await ended;
  await traced;
  return { code, signal };
}

function injectionOf({ call: { name, nth, path }, effect }: Fault): string[] {
  const inject = ['-e', `inject=${name}:${effect}:when=${nth}`];
  return path === undefined ? inject : [...inject, '-P', path];
}

/** Resolves once every thread of a process has a tracer. */
async function attached(pid: number): Promise<void> {
  const folder = `/proc/${pid}/task`;
  for (;;) {
    const states = await Promise.all(
      (await readdir(folder)).map((thread) => readFile(join(folder, thread, 'status'), 'utf8')),
    );
    if (states.every((status) => !status.includes('TracerPid:\t0\n'))) return;
  }
}

/** Whether the log has a fault at a call of its kind that has to do with a folder. */
export async function wasInjected(folder: string, log: string, fault: Fault): Promise<boolean> {
  const isIt = (call: string) => call.includes(` ${fault.call.name}(`) && call.includes(folder);
  // A call at which a process is killed is not marked: it has no end.
  const end = fault.effect === 'signal=KILL' ? / = \?$|unfinished \.\.\.>$/ : /\(INJECTED\)$/;
  /** The call that a thread is at: where another thread comes between, its end has a line of its own. */
  const current = new Map<string, string>();
  const calls: string[] = [];
  for (const line of (await readFile(log, 'utf8')).split('\n')) {
    const [thread = '', mark] = line.split(/ +/);
    const before = mark === '<...' ? current.get(thread) : undefined;
    if (before === undefined && !CALL.test(line)) continue;
    current.set(thread, `${before ?? ''}${line}`);
    calls.push(`${before ?? ''}${line}`);
  }
  const lasting = fault.effect === 'signal=KILL' ? [...current.values()] : calls;
  return lasting.some((call) => isIt(call) && end.test(call));
}

/** The calls of a log that have to do with a folder, in order. */
export async function callsOn(folder: string, log: string): Promise<SystemCall[]> {
  const counts = new Map<string, number>();
  const found: SystemCall[] = [];
  for (const line of (await readFile(log, 'utf8')).split('\n')) {
    const match = CALL.exec(line);
    if (match === null) continue;
    const [, thread, name, text] = match as unknown as [string, string, string, string];
    const path = name === 'read' ? /^\d+<([^>]*)>/.exec(text)?.[1] : undefined;
    const key = [thread, name, path].join(' ');
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    if (text.includes(folder)) found.push({ name, nth, text, path });
  }
  return found;
}

import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileError } from '../run/durable.js';

/** The process that is making something; enough to tell later whether it still lives. */
export interface Owner {
  readonly pid: number;
  /** Where the pid means something: the host, and on Linux the pid namespace (a container's). */
  readonly place: string;
  /** When the process began, in the system's own units, so that a pid used again is noticed. */
  readonly started: string | undefined;
}

/** Beside what the owner makes; gone when it is made. */
export const OWNER_FILE = 'owner.json';

export function thisProcess(): Owner {
  return { pid: process.pid, place: thisPlace(), started: startOf(process.pid) };
}

function thisPlace(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold anything, so it is counted from behind it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** `elsewhere`: another host or container, of which nothing can be known from here. */
export type OwnerState = 'alive' | 'dead' | 'elsewhere';

export function stateOf(owner: Owner): OwnerState {
  if (owner.place !== thisPlace()) return 'elsewhere';
  return isRunning(owner.pid) && owner.started === startOf(owner.pid) ? 'alive' : 'dead';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Notes in a folder who makes it. */
export async function writeOwner(folder: string, owner: Owner = thisProcess()): Promise<void> {
  await writeFile(join(folder, OWNER_FILE), JSON.stringify(owner));
}

/**
 * Undefined where nobody is noted, or not yet, or no longer.
 * @throws MmsrError E_FILE where that cannot be read: somebody may be noted
 */
export async function readOwner(folder: string): Promise<Owner | undefined> {
  const path = join(folder, OWNER_FILE);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isBroken = (error as Error).name === 'SyntaxError';
    if (isBroken || code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError('cannot be read', path, error);
  }
}

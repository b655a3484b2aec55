import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { InputError, MmsrError } from '../errors.js';
import { findCompiler } from './compiler.js';
import { pythonCommand, runPip } from './python.js';
import { lastLine, runTool } from './run-tool.js';

/** What an install needs of the machine. */
export interface Needs {
  /** Where the part will be; it need not exist yet. */
  readonly cache: string;
  /** At the fullest moment, downloads included. */
  readonly diskBytes: number;
  readonly memoryBytes: number;
  readonly npm?: boolean;
  readonly compiler?: boolean;
  /** What works all the same, such as `The wasm engine works without it.` */
  readonly otherwise: string;
}

/** What is missing, and what to install; undefined when it is there. */
type Check = Promise<{ readonly problem: string; readonly advice: string } | undefined>;

/**
 * Looks for all that an install needs, Python with pip in any case.
 * @throws InputError with an E_INSTALL for each that is missing, saying what to install
 */
export async function checkPrerequisites(needs: Needs): Promise<void> {
  const checks: Check[] = [
    checkPip(),
    ...(needs.npm === true ? [checkNpm()] : []),
    ...(needs.compiler === true ? [checkCompiler()] : []),
    checkDisk(needs.cache, needs.diskBytes),
    checkMemory(needs.memoryBytes),
  ];
  const missing = (await Promise.all(checks)).filter((found) => found !== undefined);
  if (missing.length === 0) return;
  throw new InputError(
    missing.map(
      ({ problem, advice }) =>
        new MmsrError('E_INSTALL', problem, { advice: `${advice} ${needs.otherwise}` }),
    ),
  );
}

async function checkPip(): Check {
  const { code, stderr } = await runPip(['--version']);
  if (code === 0) return undefined;
  const python = pythonCommand();
  const missing = code === undefined ? 'Python 3 is' : "Python's pip is";
  return {
    problem: `${missing} missing (${python}: ${lastLine(stderr)})`,
    advice:
      'Install it (Debian, Ubuntu: `apt install python3-pip`; Fedora: `dnf install python3-pip`; macOS: `brew install python`), or name another Python in PYTHON.',
  };
}

async function checkNpm(): Check {
  const { code, stderr } = await runTool('npm', ['--version']);
  if (code === 0) return undefined;
  return {
    problem: `npm is missing (npm: ${lastLine(stderr)})`,
    advice:
      'Install it (Debian, Ubuntu: `apt install npm`; Fedora: `dnf install nodejs-npm`; macOS: `brew install node`).',
  };
}

async function checkCompiler(): Check {
  const found = await findCompiler();
  if (found.command !== undefined) return undefined;
  return {
    problem: `a C++17 compiler is missing (${found.tried.join('; ')})`,
    advice:
      'Install one (Debian, Ubuntu: `apt install g++`; Fedora: `dnf install gcc-c++`; macOS: `xcode-select --install`), or name one in CXX.',
  };
}

async function checkDisk(cache: string, neededBytes: number): Check {
  const free = await freeDiskBytes(cache);
  if (free >= neededBytes) return undefined;
  return {
    problem: `${cache} has ${gigabytes(free)} free, ${gigabytes(neededBytes)} are needed`,
    advice: 'Free some space, or name a folder on another disk in MMSR_CACHE.',
  };
}

/** Free where the folder is, or the nearest one above it that exists. */
export async function freeDiskBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return freeDiskBytes(dirname(folder));
  }
}

async function checkMemory(neededBytes: number): Check {
  const free = freeMemoryBytes();
  if (free >= neededBytes) return undefined;
  return {
    problem: `${gigabytes(free)} of memory are free, ${gigabytes(neededBytes)} are needed`,
    advice: 'End other programs, or raise the limit of the container.',
  };
}

/**
 * What can be had: macOS counts as free only what it has no use for at all, so there the whole; in a
 * container not more than its limit, whose own count of what is used has files in it that can go.
 */
export function freeMemoryBytes(): number {
  const free = process.platform === 'linux' ? freemem() : totalmem();
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(free, limit) : free;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

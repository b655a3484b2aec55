import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, type MmsrError } from '../errors.js';
import { checkPrerequisites, type Needs } from './prerequisites.js';

let folder: string;
const environment = { ...process.env };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmsr-needs-'));
});
afterEach(async () => {
  process.env = { ...environment };
  await rm(folder, { recursive: true });
});

const needs = (): Needs => ({
  cache: join(folder, 'not', 'there', 'yet'),
  diskBytes: 1,
  memoryBytes: 1,
  npm: true,
  compiler: true,
  otherwise: 'The rest works.',
});

async function problemsOf(request: Needs): Promise<readonly MmsrError[]> {
  try {
    await checkPrerequisites(request);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
}

test('names all that is missing at once, with what to install on each system', async () => {
  process.env = { PATH: folder };
  const problems = await problemsOf({ ...needs(), diskBytes: 1e18, memoryBytes: 1e18 });
  const messages = problems.map((problem) => problem.message);
  expect(messages).toEqual([
    'Python 3 is missing (python3: not found)',
    'npm is missing (npm: not found)',
    'a C++17 compiler is missing (c++: not found; g++: not found; clang++: not found)',
    expect.stringMatching(/there\/yet has \d+\.\d GB free, 1000000000\.0 GB are needed/),
    expect.stringMatching(/^\d+\.\d GB of memory are free, 1000000000\.0 GB are needed/),
  ]);
  const packages = [
    ['apt install python3-pip', 'dnf install python3-pip', 'brew install python'],
    ['apt install npm', 'dnf install nodejs-npm', 'brew install node'],
    ['apt install g++', 'dnf install gcc-c++', 'xcode-select --install'],
  ];
  for (const [i, names] of packages.entries()) {
    for (const name of names) expect(problems[i]?.advice).toContain(`\`${name}\``);
  }
  for (const problem of problems) {
    expect(problem.code).toBe('E_INSTALL');
    expect(problem.advice).toMatch(/The rest works\.$/);
  }
});

test('PYTHON and CXX name other programs, which are not replaced by the usual ones', async () => {
  process.env = { PATH: folder, PYTHON: '/no/python', CXX: '/no/compiler' };
  const [python, , compiler] = await problemsOf(needs());
  expect(python?.message).toBe('Python 3 is missing (/no/python: not found)');
  expect(compiler?.message).toBe('a C++17 compiler is missing (/no/compiler: not found)');
});

test('a Python without pip is told from no Python', async () => {
  // Stands for a Python that runs and whose script fails.
  process.env = { PATH: folder, PYTHON: process.execPath };
  const [python] = await problemsOf(needs());
  expect(python?.message).toMatch(/^Python's pip is missing/);
});

test('a program that is not asked for is not looked for', async () => {
  process.env = { PATH: folder };
  const { cache, diskBytes, memoryBytes, otherwise } = needs();
  const problems = await problemsOf({ cache, diskBytes, memoryBytes, otherwise });
  expect(problems.map(({ message }) => message)).toEqual([
    'Python 3 is missing (python3: not found)',
  ]);
});

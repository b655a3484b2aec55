import { lastLine, runTool } from './run-tool.js';

/** A C++ compiler that works, or what was tried and what each said. */
export type FoundCompiler =
  { readonly command: string } | { readonly command: undefined; readonly tried: readonly string[] };

/** The first that compiles C++17 of CXX, when it is set, else of c++, g++ and clang++. */
export async function findCompiler(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<FoundCompiler> {
  const { CXX } = environment;
  const candidates = CXX === undefined || CXX === '' ? ['c++', 'g++', 'clang++'] : [CXX];
  const tried: string[] = [];
  for (const command of candidates) {
    const problem = await probe(command);
    if (problem === undefined) return { command };
    tried.push(`${command}: ${problem}`);
  }
  return { command: undefined, tried };
}

/** Compiles nothing, but with a header of the standard library, which can be a package of its own. */
async function probe(command: string): Promise<string | undefined> {
  const args = ['-std=c++17', '-fsyntax-only', '-include', 'memory', '-x', 'c++', '/dev/null'];
  const { code, stderr } = await runTool(command, args);
  return code === 0 ? undefined : lastLine(stderr, /error/i) || lastLine(stderr) || 'fails';
}

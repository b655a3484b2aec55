import { runTool, type ToolOptions, type ToolResult } from './run-tool.js';

/** The Python that is used: PYTHON names another than python3. */
export function pythonCommand(environment: NodeJS.ProcessEnv = process.env): string {
  const { PYTHON } = environment;
  return PYTHON === undefined || PYTHON === '' ? 'python3' : PYTHON;
}

/**
 * Ends the script when its standard input ends, which it does when the process that started it is killed:
 * nothing goes on downloading or unpacking for nobody.
 */
const END_WITH_PARENT = `
import os, sys, threading
def end_with_parent():
    while os.read(0, 1024):
        pass
    os._exit(1)
threading.Thread(target=end_with_parent, daemon=True).start()
`;

/** Runs a Python script with arguments (sys.argv[1:]). */
export function runPython(
  script: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  return runTool(pythonCommand(), ['-c', END_WITH_PARENT + script, ...args], options);
}

/** Runs `python -m pip`. */
export function runPip(args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const script = `
import runpy
sys.argv[0] = 'pip'
runpy.run_module('pip', run_name='__main__', alter_sys=True)
`;
  return runPython(script, args, options);
}

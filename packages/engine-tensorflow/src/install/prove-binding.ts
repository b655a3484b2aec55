import { lastLine, MmsrError, runTool } from '@mmsr/core';

/**
 * Loads a binding in a process of its own, since a library that does not fit ends the process.
 * @returns the version of TensorFlow that it says
 * @throws MmsrError E_INSTALL when it cannot be loaded
 */
export async function proveBinding(file: string, signal?: AbortSignal): Promise<string> {
  const script = `process.stdout.write(require(${JSON.stringify(file)}).TF_Version)`;
  const { code, stdout, stderr } = await runTool(process.execPath, ['-e', script], {
    environment: { TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' },
    signal,
  });
  if (code === 0 && stdout !== '') return stdout;
  const reason = lastLine(stderr, /error/i) || lastLine(stderr) || 'the process was killed';
  throw new MmsrError('E_INSTALL', `TensorFlow cannot be loaded: ${reason}`, {
    where: file,
    advice: 'See that it may use a gigabyte of memory. The wasm engine works without it.',
  });
}

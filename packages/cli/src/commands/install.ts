import { InputError, MmsrError, type NativePart } from '@mmsr/core';
import { EXIT } from '../exit-codes.js';
import { NATIVE_PARTS } from '../native-parts.js';
import { describe } from './run.js';

export interface InstallCommandOptions {
  readonly gpu: boolean;
  readonly uninstall: boolean;
}

/** `mmsr-run install NAME`: progress goes to standard error, the folder to standard output. */
export async function installCommand(
  name: string,
  { gpu, uninstall }: InstallCommandOptions,
): Promise<number> {
  const part = findNativePart(name);
  if (gpu && !part.supportsGpu) {
    throw new MmsrError('E_COMMAND_LINE', `${name} has no build for GPUs`, {
      where: '--gpu',
      advice: 'Leave it out.',
    });
  }
  try {
    return await (uninstall ? uninstallPart(part) : installPart(part, gpu));
  } catch (error) {
    // What fails here is the machine or the network, not what the user wrote.
    if (!(error instanceof MmsrError) && !(error instanceof InputError)) throw error;
    process.stderr.write(`${describe(error)}\n`);
    return EXIT.failed;
  }
}

function findNativePart(name: string): NativePart {
  const part = NATIVE_PARTS.find((known) => known.name === name);
  if (part !== undefined) return part;
  const known = NATIVE_PARTS.map((each) => `${each.name} (${each.description})`).join(', ');
  throw new MmsrError('E_COMMAND_LINE', `there is no native part ${name}`, {
    where: 'install',
    advice: `There is: ${known}.`,
  });
}

async function installPart(part: NativePart, gpu: boolean): Promise<number> {
  const stop = abortOnSignal();
  try {
    const onProgress = (line: string) => process.stderr.write(`${part.name}: ${line}\n`);
    const { folder, description } = await part.install({ gpu, onProgress, signal: stop.signal });
    onProgress(`${description} is installed`);
    process.stdout.write(`${folder}\n`);
    return EXIT.done;
  } catch (error) {
    const code = stop.exitCode();
    if (code === undefined) throw error;
    process.stderr.write(`${part.name}: stopped; what was made of it is removed\n`);
    return code;
  } finally {
    stop.release();
  }
}

/** The first signal ends the install, which then removes what it made. */
function abortOnSignal() {
  const controller = new AbortController();
  let code: number | undefined;
  const listeners = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated };
  const listen = (signal: NodeJS.Signals) => {
    code ??= listeners[signal as keyof typeof listeners];
    controller.abort();
  };
  const signals = Object.keys(listeners) as NodeJS.Signals[];
  for (const signal of signals) process.on(signal, listen);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const signal of signals) process.off(signal, listen);
    },
  };
}

async function uninstallPart(part: NativePart): Promise<number> {
  const removed = await part.uninstall();
  if (removed.length === 0) process.stderr.write(`${part.name} is not installed\n`);
  for (const folder of removed) process.stderr.write(`removed ${folder}\n`);
  return EXIT.done;
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The addon of native/startup.cc, which lies beside the binding that `mmsr-run install` made. */
interface Startup {
  keepMemory(): void;
  redirect(path: string): void;
  restore(): void;
}

export const STARTUP_ADDON = 'startup.node';

/**
 * Runs what loads TensorFlow, with settings of the process that suit it and without its chatter: of what
 * is written to standard error meanwhile only errors are passed on.
 */
export function startUp<T>(bindingFile: string, load: () => T): T {
  const addon = join(dirname(bindingFile), STARTUP_ADDON);
  if (!existsSync(addon)) return load();
  const startup = createRequire(import.meta.url)(addon) as Startup;
  startup.keepMemory();
  const folder = mkdtempSync(join(tmpdir(), 'mmsr-log-'));
  const file = join(folder, 'stderr');
  startup.redirect(file);
  try {
    return load();
  } finally {
    startup.restore();
    process.stderr.write(worthReading(readFileSync(file, 'utf8')));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lines of Google's log begin with their weight, a letter, and a date; what follows belongs to them. */
export function worthReading(log: string): string {
  let keep = true;
  const lines = log.split(/(?<=\n)/).filter((line) => {
    const weight = /^([IWEF])\d{4} |^(WARNING): All log messages before/.exec(line);
    if (weight !== null) keep = weight[1] === 'E' || weight[1] === 'F';
    return keep;
  });
  return lines.join('');
}

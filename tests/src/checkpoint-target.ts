import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { MmsrError } from '../../packages/core/dist/errors.js';
import { RunDirectory } from '../../packages/core/dist/run/run-directory.js';
import { SAVE_EXIT, saveStep } from './checkpoint-model.js';

/*
 * The process into whose system calls faults are put: it says `ready`, waits for a word, saves one
 * checkpoint and tells by its exit code how that went. It imports no more than that takes, so that it
 * starts quickly and reads no file once it is ready.
 */
const [directory, step] = process.argv.slice(2) as [string, string];
const run = new RunDirectory(directory);
// Has the one thread for file system calls begin before the tracer looks for threads.
await stat(directory);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  await saveStep(run, Number(step));
  process.exit(SAVE_EXIT.saved);
} catch (error) {
  const isExpected = error instanceof MmsrError && error.code === 'E_FILE';
  process.exit(isExpected ? SAVE_EXIT.refused : SAVE_EXIT.wrongError);
}

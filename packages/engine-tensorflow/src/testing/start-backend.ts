import { tf } from '@mmsr/core';
import { locateLibrary } from '../library/locate.js';
import { BACKEND, loadLibrary } from '../native/load-library.js';
import type { NodeBackend } from '../native/node-backend.js';

/** The backend over the native library that is installed; a missing one fails the test. */
export async function startBackend(): Promise<NodeBackend> {
  const library = await locateLibrary();
  if ('reason' in library) throw new Error(library.reason);
  const backend = loadLibrary(library, { threads: 2, gpu: false, xla: false });
  await tf.setBackend(BACKEND);
  return backend;
}

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf, MmsrError, tf } from '@mmsr/core';
import type { LocatedLibrary } from '../library/locate.js';
import type { Binding } from './binding.js';
import { CommonJsFiles } from './common-js.js';
import type { NodeBackend } from './node-backend.js';
import { startUp } from './startup.js';

/** tfjs's name of the backend, for which tfjs-node's kernels are registered. */
export const BACKEND = 'tensorflow';

export interface LibrarySettings {
  /** Threads within an operation. */
  readonly threads: number;
  /** Whether a GPU may be used. */
  readonly gpu: boolean;
  readonly xla: boolean;
}

interface Loaded {
  readonly library: LocatedLibrary;
  readonly settings: LibrarySettings;
  readonly backend: NodeBackend;
}

let loaded: Loaded | undefined;

/**
 * Loads the native library and makes tfjs's backend over it. A process has one: TensorFlow reads its
 * settings once, when it is loaded.
 * @throws MmsrError E_ENGINE when it cannot be loaded or was loaded with other settings
 */
export function loadLibrary(library: LocatedLibrary, settings: LibrarySettings): NodeBackend {
  if (loaded !== undefined) {
    assertSame(loaded, library, settings);
    return loaded.backend;
  }
  setEnvironment(settings);
  try {
    const require = createRequire(import.meta.url);
    const binding = startUp(library.bindingFile, () => require(library.bindingFile) as Binding);
    const backend = createBackend(library.kernelsFolder, binding);
    loaded = { library, settings, backend };
    return backend;
  } catch (error) {
    throw new MmsrError('E_ENGINE', `native TensorFlow cannot be loaded: ${messageOf(error)}`, {
      where: library.bindingFile,
      advice: 'Run `npx mmsr-run install tensorflow` again, or use `engine: wasm`.',
      cause: error,
    });
  }
}

function createBackend(kernelsFolder: string, binding: Binding): NodeBackend {
  const files = new CommonJsFiles(
    new Map<string, unknown>([
      ['@tensorflow/tfjs', tf],
      ['@tensorflow/tfjs-core', tf],
      // The messages of TensorBoard, which is not used.
      ['./proto/api_pb', {}],
    ]),
  );
  const { NodeJSKernelBackend } = files.load(join(kernelsFolder, 'nodejs_kernel_backend.js')) as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend;
  };
  const backend = new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node');
  // A kernel asks for the backend by name when it needs the numbers of types.
  tf.registerBackend(BACKEND, () => backend);
  files.load(join(kernelsFolder, 'register_all_kernels.js'));
  return backend;
}

/** TensorFlow takes its settings from the environment when it is loaded; what the user set there wins. */
function setEnvironment({ threads, gpu, xla }: LibrarySettings): void {
  const { env } = process;
  env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // errors only
  env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  env.TF_NUM_INTEROP_THREADS ??= String(threads);
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  if (!gpu) env.CUDA_VISIBLE_DEVICES = '-1';
  if (xla) env.TF_XLA_FLAGS ??= '--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit';
}

function assertSame(before: Loaded, library: LocatedLibrary, settings: LibrarySettings): void {
  const same =
    before.library.bindingFile === library.bindingFile &&
    before.settings.threads === settings.threads &&
    before.settings.gpu === settings.gpu &&
    before.settings.xla === settings.xla;
  if (same) return;
  throw new MmsrError('E_ENGINE', 'TensorFlow was started with other settings in this process', {
    where: 'engine',
    advice: 'Run the experiments one after the other, or give their engines the same options.',
  });
}

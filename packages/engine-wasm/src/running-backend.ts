import { MmsrError, tf } from '@mmsr/core';
import { BackendWasm, setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { registerKernels } from './kernels/register.js';
import { Runtime } from './kernels/runtime.js';
import { compileProgram, instantiateProgram } from './simd/program.js';
import { ThreadPool } from './threads/thread-pool.js';
import { loadTfjsBinary, type TfjsBinary } from './tfjs-binary.js';

const NAME = 'wasm';

export interface RunningBackend {
  readonly threads: number;
  /** Why there are fewer threads than asked for. */
  readonly shortfall: string | undefined;
  stop(): Promise<void>;
}

let running = false;

/**
 * Makes tfjs's WebAssembly backend, with the kernels and threads of this package, the current one.
 * @throws MmsrError E_ENGINE when it runs already or computes wrongly
 */
export async function startBackend(threads: number): Promise<RunningBackend> {
  if (running) {
    throw new MmsrError('E_ENGINE', 'the wasm engine runs already', {
      advice: 'Stop the first one: a process has one WebAssembly backend.',
    });
  }
  running = true;
  try {
    return await start(threads);
  } catch (error) {
    running = false;
    throw error;
  }
}

async function start(threads: number): Promise<RunningBackend> {
  const binary = await loadTfjsBinary();
  const program = compileProgram();
  const simd = instantiateProgram(program, binary.memory);
  const pool = await ThreadPool.start(threads, program, binary.memory, simd);
  const backend = await installBackend(binary);
  const restoreKernels = registerKernels(new Runtime(backend, binary, pool));
  const stop = async (): Promise<void> => {
    restoreKernels();
    tf.removeBackend(NAME);
    // Tensors that outlive the engine are disposed of by their owners: nothing is left to free.
    backend.disposeData = () => true;
    await pool.stop();
    running = false;
  };
  if (!computesRight()) {
    await stop();
    throw new MmsrError('E_ENGINE', 'the wasm engine computes wrongly on this machine', {
      advice: 'Please report it with the output of `mmsr-run engine`.',
    });
  }
  return { threads: pool.threads, shortfall: pool.shortfall, stop };
}

async function installBackend(binary: TfjsBinary): Promise<BackendWasm> {
  // XNNPACK's own threads stay off: tfjs would start them in a way that Node does not know.
  setThreadsCount(1);
  const backend = new BackendWasm(
    binary as unknown as ConstructorParameters<typeof BackendWasm>[0],
  );
  if (tf.findBackendFactory(NAME) !== null) tf.removeBackend(NAME);
  tf.registerBackend(NAME, () => backend);
  await tf.setBackend(NAME);
  return backend;
}

/** A convolution of ones counts the taps that fall into the image. */
function computesRight(): boolean {
  const [height, width] = [9, 11];
  return tf.tidy(() => {
    const x = tf.ones<tf.Rank.R4>([2, height, width, 3]);
    const y = tf.conv2d(x, tf.ones<tf.Rank.R4>([3, 3, 3, 5]), 1, 'same').dataSync();
    return y.every((value, i) => {
      const row = Math.floor(i / 5 / width) % height;
      const column = Math.floor(i / 5) % width;
      return value === 3 * (3 - edges(row, height)) * (3 - edges(column, width));
    });
  });
}

function edges(place: number, size: number): number {
  return Number(place === 0) + Number(place === size - 1);
}

import { createRequire } from 'node:module';
import {
  createEagerInference,
  createEagerStep,
  defaultThreads,
  defineEngine,
  MmsrError,
  Type,
  type Availability,
  type DeviceDescription,
  type Engine,
  type Inference,
  type InferenceDefinition,
  type TrainStep,
  type TrainStepDefinition,
} from '@mmsr/core';
import type { RunningBackend } from './running-backend.js';

const WasmOptions = Type.Object({
  threads: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Threads that compute; one per core when not set.' }),
  ),
});

/** tfjs's WebAssembly backend with kernels and threads of this package. */
class WasmEngine implements Engine {
  #backend: RunningBackend | undefined;

  constructor(private readonly threads: number) {}

  async start(): Promise<DeviceDescription> {
    // Importing the backends changes tfjs for the whole process: not before they are needed.
    const { startBackend } = await import('./running-backend.js');
    this.#backend = await startBackend(this.threads);
    const { threads, shortfall } = this.#backend;
    const device = shortfall === undefined ? 'cpu' : `cpu (threads did not start: ${shortfall})`;
    return { engine: 'wasm', version: installedVersion(), device, threads };
  }

  async trainStep(definition: TrainStepDefinition): Promise<TrainStep> {
    this.#assertStarted();
    return Promise.resolve(createEagerStep(definition));
  }

  async inference(definition: InferenceDefinition): Promise<Inference> {
    this.#assertStarted();
    return Promise.resolve(createEagerInference(definition));
  }

  async stop(): Promise<void> {
    await this.#backend?.stop();
    this.#backend = undefined;
  }

  #assertStarted(): void {
    if (this.#backend !== undefined) return;
    throw new MmsrError('E_ENGINE', 'the wasm engine is not started');
  }
}

function installedVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('@tensorflow/tfjs-backend-wasm/package.json') as { version: string }).version;
}

function availability(): Promise<Availability> {
  try {
    return Promise.resolve({ available: true, version: installedVersion() });
  } catch {
    const reason = 'the package @tensorflow/tfjs-backend-wasm is not installed';
    return Promise.resolve({ available: false, reason });
  }
}

/**
 * The embedded default: tfjs on WebAssembly with SIMD and threads. The same inputs give the same bits on
 * any number of threads.
 */
export const wasmEngine = defineEngine({
  name: 'wasm',
  apiVersion: 1,
  description: 'TensorFlow.js on WebAssembly, with threads. Nothing to install.',
  rank: 10,
  configSchema: WasmOptions,
  availability,
  create: ({ threads = defaultThreads() }) => new WasmEngine(threads),
});

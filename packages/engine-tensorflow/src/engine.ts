import {
  createEagerInference,
  createEagerStep,
  defaultThreads,
  defineEngine,
  MmsrError,
  tf,
  Type,
  type Availability,
  type DeviceDescription,
  type Engine,
  type Inference,
  type InferenceDefinition,
  type Static,
  type TrainStep,
  type TrainStepDefinition,
} from '@mmsr/core';
import { gpuName } from './gpu-name.js';
import { locateLibrary } from './library/locate.js';
import { BACKEND, loadLibrary } from './native/load-library.js';
import type { NodeBackend } from './native/node-backend.js';
import { createCompiledInference } from './step/compiled-inference.js';
import { createCompiledStep } from './step/compiled-step.js';

export const TensorflowOptions = Type.Object({
  device: Type.Union([Type.Literal('auto'), Type.Literal('cpu'), Type.Literal('gpu')], {
    default: 'auto',
    description: 'auto: a GPU where there is one. gpu: an error where there is none.',
  }),
  precision: Type.Union([Type.Literal('float32'), Type.Literal('bfloat16')], {
    default: 'float32',
    description:
      'Of convolutions and matrix products; weights, losses, normalisations and metrics are float32.',
  }),
  compile: Type.Boolean({
    default: true,
    description: 'Runs a step as one graph; false: operation by operation, slower, in float32.',
  }),
  xla: Type.Boolean({ default: false, description: "TensorFlow's XLA compiler, for GPUs." }),
  threads: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Threads that compute; one per core when not set.' }),
  ),
});

type Options = Static<typeof TensorflowOptions>;

/** Native TensorFlow, which computes training steps and predictions as whole graphs. */
class TensorflowEngine implements Engine {
  #backend: NodeBackend | undefined;

  constructor(private readonly options: Options) {}

  async start(): Promise<DeviceDescription> {
    const { device, threads = defaultThreads(), xla } = this.options;
    const library = await locateLibrary();
    if ('reason' in library) throw new MmsrError('E_ENGINE', library.reason);
    const backend = loadLibrary(library, { threads, gpu: device !== 'cpu', xla });
    const gpu = backend.binding.isUsingGpuDevice();
    if (device === 'gpu' && !gpu) {
      throw new MmsrError('E_ENGINE', 'TensorFlow finds no GPU', {
        where: 'engine.device',
        advice: library.gpu
          ? 'Check that nvidia-smi lists it, or set device: auto.'
          : 'Run `npx mmsr-run install tensorflow --gpu`, or set device: auto.',
      });
    }
    await tf.setBackend(BACKEND);
    this.#backend = backend;
    return {
      engine: 'tensorflow',
      version: backend.binding.TF_Version,
      device: gpu ? await gpuName() : 'cpu',
      threads,
    };
  }

  async trainStep(definition: TrainStepDefinition): Promise<TrainStep> {
    const { compile, precision } = this.options;
    return compile
      ? createCompiledStep(this.#started(), precision, definition)
      : createEagerStep(definition);
  }

  async inference(definition: InferenceDefinition): Promise<Inference> {
    const { compile, precision } = this.options;
    return compile
      ? createCompiledInference(this.#started(), precision, definition)
      : createEagerInference(definition);
  }

  /** The library stays loaded: a process can start it again with the same options. */
  async stop(): Promise<void> {
    this.#backend = undefined;
  }

  #started(): NodeBackend {
    if (this.#backend !== undefined) return this.#backend;
    throw new MmsrError('E_ENGINE', 'the tensorflow engine is not started');
  }
}

async function availability(): Promise<Availability> {
  const library = await locateLibrary();
  return 'reason' in library
    ? { available: false, reason: library.reason }
    : { available: true, version: library.version };
}

const DEFAULTS: Options = {
  device: 'auto',
  precision: 'float32',
  compile: true,
  xla: false,
};

/** Native TensorFlow, on the CPU or a GPU: the fastest engine, installed by one command. */
export const tensorflowEngine = defineEngine({
  name: 'tensorflow',
  apiVersion: 1,
  description: 'Native TensorFlow: a whole training step as one graph.',
  rank: 20,
  configSchema: TensorflowOptions,
  availability,
  create: (options: Partial<Options>) => new TensorflowEngine({ ...DEFAULTS, ...options }),
});

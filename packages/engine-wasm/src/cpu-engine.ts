import { createRequire } from 'node:module';
import {
  createEagerInference,
  createEagerStep,
  defineEngine,
  tf,
  Type,
  type DeviceDescription,
  type Engine,
} from '@mmsr/core';

const PACKAGE = '@tensorflow/tfjs-backend-cpu';

function installedVersion(): string {
  const require = createRequire(import.meta.url);
  return (require(`${PACKAGE}/package.json`) as { version: string }).version;
}

/** tfjs's backend in plain JavaScript: slow, and the reference that others are tested against. */
const engine: Engine = {
  start: async (): Promise<DeviceDescription> => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    return { engine: 'cpu', version: installedVersion(), device: 'cpu', threads: 1 };
  },
  trainStep: (definition) => Promise.resolve(createEagerStep(definition)),
  inference: (definition) => Promise.resolve(createEagerInference(definition)),
  stop: () => Promise.resolve(),
};

/** The slow reference, for tests: `auto` never prefers it. */
export const cpuEngine = defineEngine({
  name: 'cpu',
  apiVersion: 1,
  description: 'TensorFlow.js in plain JavaScript: a slow reference for tests.',
  rank: 0,
  configSchema: Type.Object({}),
  availability: () => Promise.resolve({ available: true, version: installedVersion() }),
  create: () => engine,
});

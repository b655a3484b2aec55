import 'reflect-metadata';
import { container as root, type DependencyContainer } from 'tsyringe';
import { builtinLosses, DATA_PIPELINE, register, WRITE_PICTURE, type Plugin } from '@mmsr/core';
import edsr from '@mmsr/backbone-edsr';
import rcan from '@mmsr/backbone-rcan';
import swinir from '@mmsr/backbone-swinir';
import { dataPlugins, PatchPipeline, writePng } from '@mmsr/data';
import { cpuEngine, wasmEngine } from '@mmsr/engine-wasm';
import { tensorflowEngine } from '@mmsr/engine-tensorflow';
import heads from '@mmsr/heads';
import { mlflowTracker } from '@mmsr/tracking-mlflow';
import { inProcessLauncher } from './launchers/in-process.js';
import { processesLauncher } from './launchers/processes.js';
import { versionOf } from './versions.js';

/** What comes with mmsr-run, listed by hand: the package and its plugins. */
const BUILT_IN: readonly (readonly [string, readonly Plugin[]])[] = [
  ['@mmsr/backbone-rcan', [rcan]],
  ['@mmsr/backbone-edsr', [edsr]],
  ['@mmsr/backbone-swinir', [swinir]],
  ['@mmsr/heads', heads],
  ['@mmsr/core', builtinLosses],
  ['@mmsr/data', dataPlugins],
  ['@mmsr/engine-wasm', [wasmEngine, cpuEngine]],
  ['@mmsr/engine-tensorflow', [tensorflowEngine]],
  ['@mmsr/tracking-mlflow', [mlflowTracker]],
  ['mmsr-run', [inProcessLauncher, processesLauncher]],
];

/** The only place where plugins meet the container. */
export function createContainer(): DependencyContainer {
  const container = root.createChildContainer();
  for (const [name, plugins] of BUILT_IN) {
    const origin = { package: name, version: versionOf(name), url: import.meta.resolve(name) };
    for (const plugin of plugins) register(container, plugin, origin);
  }
  container.register(DATA_PIPELINE, { useClass: PatchPipeline });
  container.register(WRITE_PICTURE, { useValue: writePng });
  return container;
}

import { rm } from 'node:fs/promises';
import {
  cacheFolder,
  checkPrerequisites,
  fetchPackage,
  fetchWheel,
  findPart,
  installAside,
  uninstallParts,
  type FoundPart,
  type InstalledPart,
  type InstallOptions,
  type NativePart,
  type PartOrigin,
} from '@mmsr/core';
import { compileBinding } from './compile-binding.js';
import { KERNELS } from './kernels.js';
import { partLayout } from './layout.js';
import { chooseBuild, partKey, thisMachine, thisPlatform } from './platform.js';
import { proveBinding } from './prove-binding.js';
import type { Build } from './wheels.js';

const NAME = 'tensorflow';

/** The compiler and the linker take 0.9 GB, TensorFlow 0.5 GB when it is loaded. */
const MEMORY_BYTES = 1e9;

/** Native TensorFlow: the library of the Python wheel, and the binding of tfjs-node compiled for it. */
export const tensorflowPart: NativePart = {
  name: NAME,
  description: 'native TensorFlow, the fastest engine',
  supportsGpu: true,
  async installed() {
    const found = await findTensorflow();
    return found === undefined ? undefined : describe(found);
  },
  install,
  uninstall: () => uninstallParts(cacheFolder(), NAME),
};

/** The installed part, the GPU build first. Reads two small files. */
export function findTensorflow(): Promise<FoundPart | undefined> {
  const platform = thisPlatform();
  return findPart(cacheFolder(), [partKey(true, platform), partKey(false, platform)]);
}

function describe({ folder, record }: FoundPart): InstalledPart {
  const build = record.gpu ? ' with CUDA' : '';
  return { folder, description: `TensorFlow ${record.versions.tensorflow ?? ''}${build}` };
}

async function install(options: InstallOptions): Promise<InstalledPart> {
  const machine = thisMachine();
  const build = chooseBuild(options.gpu, machine);
  const cache = cacheFolder();
  const key = partKey(options.gpu, machine.platform);
  const there = await findPart(cache, [key]);
  if (there !== undefined) return describe(there);
  await checkPrerequisites(needsOf(build, cache));
  const make = (aside: string) => makePart(aside, build, options);
  return describe(await installAside({ cache, key, build: make }, options));
}

/** pip has a wheel twice for a moment, and only one wheel is there at a time. */
function needsOf({ wheels, unpackedBytes }: Build, cache: string) {
  const largestBytes = Math.max(...wheels.map(({ sizeBytes }) => sizeBytes));
  return {
    cache,
    diskBytes: unpackedBytes + 2 * largestBytes,
    memoryBytes: MEMORY_BYTES,
    npm: true,
    compiler: true,
    otherwise: 'The wasm engine works without it.',
  };
}

async function makePart(folder: string, build: Build, options: InstallOptions) {
  const { onProgress, signal } = options;
  const layout = partLayout(folder);
  // The small download first: without a network it fails sooner.
  const origins: PartOrigin[] = [await fetchPackage(KERNELS, layout.nodePackage, folder, options)];
  for (const wheel of build.wheels) {
    origins.push(await fetchWheel(wheel, layout.sitePackages, folder, options));
  }
  onProgress('compiling the binding, some ten seconds');
  await compileBinding(layout, signal);
  await rm(layout.includeFolder, { recursive: true });
  onProgress('loading TensorFlow once');
  const tensorflow = await proveBinding(layout.bindingFile, signal);
  const versions = { tensorflow, kernels: KERNELS.version };
  return { name: NAME, gpu: options.gpu, versions, origins };
}

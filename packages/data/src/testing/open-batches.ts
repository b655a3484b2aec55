import { createHash } from 'node:crypto';
// First of all: tsyringe needs the reflection that core brings.
import '@mmsr/core';
import type { Batch, Experiment, OpenData } from '@mmsr/core';
import { PatchPipeline } from '../loading/patch-pipeline.js';
import { stubPlugins } from './stub-plugins.js';
import { registryOf } from './test-experiment.js';

const stubUrl = new URL('./stub-plugins.js', import.meta.url).href;
const builtInUrl = new URL('../index.js', import.meta.url).href;
const isStub = (name: string) => stubPlugins.some((stub) => stub.name === name);

/** The package's plugins and the stubs, each with where threads import it from. */
export const stubRegistry = registryOf(stubPlugins, (name) => ({
  url: isStub(name) ? stubUrl : builtInUrl,
}));

export function open(
  experiment: Experiment,
  plugins = stubRegistry,
  folder = '.',
): Promise<OpenData> {
  return new PatchPipeline(plugins).open(experiment, folder);
}

export async function take(data: OpenData, first: number, count: number): Promise<Batch[]> {
  const stream = data.batches(first);
  const batches: Batch[] = [];
  while (batches.length < count) batches.push(await stream.next());
  await stream.close();
  return batches;
}

/** Batches by the digest of their bytes. */
export function digests(batches: readonly Batch[]): string[] {
  return batches.map(({ lr, hr, magnification }) =>
    [lr, hr, magnification]
      .reduce((hash, values) => hash.update(values), createHash('sha256'))
      .digest('hex'),
  );
}

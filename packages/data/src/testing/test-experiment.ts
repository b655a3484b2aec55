import type { Experiment, PluginOrigin } from '@mmsr/core';
import { dataPlugins } from '../index.js';
import type { Plugins } from '../loading/plugin-lookup.js';

/** The package's plugins, and others, as the registry has them. */
export function registryOf(
  others: readonly { kind: string; name: string }[] = [],
  origin: (name: string) => PluginOrigin = () => ({
    url: new URL('../index.js', import.meta.url).href,
  }),
): Plugins {
  const all = [...dataPlugins, ...others];
  return {
    find: ((kind: string, name: string) =>
      all.find((plugin) => plugin.kind === kind && plugin.name === name)) as Plugins['find'],
    origin: (_kind, name) => origin(name),
  };
}

export const TISSUE_OPTIONS = {
  count: 2,
  sizePx: 128,
  magnification: 20,
  glands: 0.45,
  lymphocytes: 0.3,
  stainVariation: 0.5,
  noise: 1.5,
};

/** Two small slides. */
export const TISSUE = { name: 'synthetic', ...TISSUE_OPTIONS };

type Data = Experiment['data'];

/** What of an experiment the loading of data reads. */
export function experimentOf(
  data: {
    train?: Partial<Data['train']>;
    test?: Partial<Data['test']>;
    validation?: Data['test'];
    workers?: number;
    splitSeed?: number;
    disjointRegions?: boolean;
    strict?: boolean;
    onBadPatch?: 'error' | 'skip';
    degradation?: { name: string };
    transforms?: Data['transforms'];
  } = {},
  batchSize = 4,
): Experiment {
  const magnifications = [20, 10, 5];
  const augment = { flip: true, rotate: true };
  const { train, test, ...others } = data;
  return {
    seed: 7,
    scale: 2,
    data: {
      train: { source: TISSUE, magnifications, patchPx: 24, augment, transforms: [], ...train },
      test: { source: TISSUE, magnifications, patchPx: 32, count: null, ...test },
      degradation: { name: 'bicubic' },
      transforms: [],
      splitSeed: 1,
      disjointRegions: false,
      strict: false,
      workers: 0,
      onBadPatch: 'error',
      ...others,
    },
    training: { batchSize },
  } as unknown as Experiment;
}

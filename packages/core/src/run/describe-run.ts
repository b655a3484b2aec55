import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import * as tf from '../tf.js';
import type { OpenData } from '../contracts/data-pipeline.js';
import type { DeviceDescription } from '../contracts/engine.js';
import type { PluginKind } from '../contracts/plugin.js';
import { protocolOf } from '../evaluation/evaluator.js';
import type { Cell } from '../experiment/read-experiment.js';
import type { Experiment } from '../experiment/schema.js';
import type { PluginRegistry } from '../plugins/register.js';
import type { Manifest, ManifestPlugin } from './manifest.js';

const execute = promisify(execFile);

/** Everything that decides what a run computes, as it is now. */
export async function describeRun(
  run: {
    readonly cell: Cell;
    readonly folder: string;
    readonly device: DeviceDescription;
    readonly data: OpenData;
  },
  registry: PluginRegistry,
): Promise<Manifest> {
  const { experiment } = run.cell;
  return {
    format: 1,
    created: new Date().toISOString(),
    cell: run.cell.name,
    settings: run.cell.settings,
    experiment,
    versions: {
      '@mmsr/core': await ownVersion(),
      '@tensorflow/tfjs-core': tf.version_core,
      node: process.versions.node,
    },
    plugins: pluginsOf(experiment, run.device.engine).map(([kind, name]) =>
      describePlugin(registry, kind, name),
    ),
    device: run.device,
    git: await gitState(run.folder),
    data: run.data.splits,
    references: run.data.references ?? {},
    protocol: protocolOf(experiment),
  };
}

async function ownVersion(): Promise<string> {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  return version;
}

/** Every plugin that the experiment uses. */
export function pluginsOf(experiment: Experiment, engineName: string): [PluginKind, string][] {
  const { data, model, objective, tracking } = experiment;
  const sources = [data.train, data.validation, data.test].flatMap((split) =>
    split === undefined ? [] : [split.source.name],
  );
  return [
    ['engine', engineName],
    ...[...new Set(sources)].map((name): [PluginKind, string] => ['source', name]),
    ['degradation', data.degradation.name],
    ['backbone', model.backbone.name],
    ...(model.head === null ? [] : [['head', model.head.name] as [PluginKind, string]]),
    ['loss', objective.superResolution.name],
    ...(model.head === null
      ? []
      : [['loss', objective.magnification.name] as [PluginKind, string]]),
    ...(tracking === null ? [] : [['tracker', tracking.name] as [PluginKind, string]]),
  ];
}

function describePlugin(registry: PluginRegistry, kind: PluginKind, name: string): ManifestPlugin {
  const { package: from, version } = registry.origin(kind, name);
  return { kind, name, package: from ?? null, version: version ?? null };
}

async function gitState(folder: string): Promise<Manifest['git']> {
  const git = async (...args: string[]) => (await execute('git', ['-C', folder, ...args])).stdout;
  try {
    const commit = (await git('rev-parse', 'HEAD')).trim();
    return { commit, dirty: (await git('status', '--porcelain')).trim() !== '' };
  } catch {
    // No git, or no repository: nothing to record.
    return null;
  }
}

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '../tf.js';
import type { OpenData } from '../contracts/data-pipeline.js';
import type { DeviceDescription } from '../contracts/engine.js';
import type { PluginKind } from '../contracts/plugin.js';
import { protocolOf } from '../evaluation/evaluator.js';
import type { Cell } from '../experiment/read-experiment.js';
import type { Experiment } from '../experiment/schema.js';
import type { PluginRegistry } from '../plugins/register.js';
import { sha256 } from './checkpoint-files.js';
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
    plugins: await Promise.all(
      pluginsOf(experiment, run.device.engine).map(([kind, name]) =>
        describePlugin(registry, kind, name),
      ),
    ),
    device: run.device,
    git: await gitState(run.folder),
    data: run.data.splits,
    references: run.data.references ?? {},
    protocol: protocolOf(experiment),
    folder: resolve(run.folder),
    lockfile: await lockfileDigest(process.cwd()),
  };
}

/** Of the package-lock.json by which the packages here were installed. */
async function lockfileDigest(folder: string): Promise<string | null> {
  try {
    return sha256(await readFile(join(folder, 'package-lock.json')));
  } catch {
    const above = dirname(folder);
    return above === folder ? null : lockfileDigest(above);
  }
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

async function describePlugin(
  registry: PluginRegistry,
  kind: PluginKind,
  name: string,
): Promise<ManifestPlugin> {
  const { package: from, version, url } = registry.origin(kind, name);
  const isFile = from === undefined && url?.startsWith('file:') === true;
  // What the file imports is not looked at.
  const digest = isFile ? `sha256:${sha256(await readFile(fileURLToPath(url)))}` : null;
  return { kind, name, package: from ?? null, version: version ?? digest };
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

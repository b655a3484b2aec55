import { isDeepStrictEqual } from 'node:util';
import type { SplitDescription } from '../contracts/data-pipeline.js';
import type { DeviceDescription } from '../contracts/engine.js';
import type { PluginKind } from '../contracts/plugin.js';
import type { Split } from '../contracts/source.js';
import type { Experiment } from '../experiment/schema.js';
import type { ResultProtocol } from './results.js';

export interface ManifestPlugin {
  readonly kind: PluginKind;
  readonly name: string;
  readonly package: string | null;
  /** Of the package; of a file that `plugins` names, `sha256:` and its digest. */
  readonly version: string | null;
}

/** manifest.json: what a run was made of, so that it can be repeated and believed. */
export interface Manifest {
  readonly format: 1;
  readonly created: string;
  readonly cell: string;
  /** What the matrix set, by path. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly experiment: Experiment;
  readonly versions: Readonly<Record<string, string>>;
  readonly plugins: readonly ManifestPlugin[];
  readonly device: DeviceDescription;
  /** Of the folder of the experiment file; null outside of a git repository. */
  readonly git: { readonly commit: string; readonly dirty: boolean } | null;
  readonly data: Readonly<Partial<Record<Split, SplitDescription>>>;
  /** SHA-256 of the images that colours are normalised to, by path. */
  readonly references?: Readonly<Record<string, string>>;
  readonly protocol: ResultProtocol;
  /** Folder of the experiment file, to which its paths are relative. */
  readonly folder: string;
  /** SHA-256 of the nearest package-lock.json above the working directory; null where there is none. */
  readonly lockfile: string | null;
  /** What was allowed to differ when the run was resumed. */
  readonly resumedWith?: readonly {
    readonly date: string;
    readonly differences: readonly string[];
  }[];
}

/** In what a run may differ from the one it goes on with; `--allow` takes them. */
export const DIFFERENCE_KINDS = ['configuration', 'data', 'versions', 'engine'] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  /** Such as `training.steps was 6, is 7`. */
  readonly text: string;
}

/** Keys that change nothing a run computes. */
const IRRELEVANT = [
  'description',
  'tracking',
  'plugins',
  'data.disjointRegions',
  'data.strict',
  'data.workers',
  // A run that a bad patch ended may go on without it: the patches before are the same.
  'data.onBadPatch',
  'training.keep',
];

/** The paths at which two experiments differ in what they compute, each with both values. */
export function experimentDifferences(before: Experiment, after: Experiment): string[] {
  return experimentChanges(before, after).map(({ text }) => text);
}

function experimentChanges(before: Experiment, after: Experiment): Difference[] {
  const changes = new Map<string, string>();
  compare('', before, after, changes);
  const isWithin = (path: string, key: string) => path === key || path.startsWith(`${key}.`);
  return [...changes]
    .filter(([path]) => !IRRELEVANT.some((key) => isWithin(path, key)))
    .map(([path, text]) => ({ kind: isWithin(path, 'engine') ? 'engine' : 'configuration', text }));
}

/** What a run computes from: the same of both gives the same run. */
export interface RunInputs {
  readonly experiment: Experiment;
  /** Undefined: its images are not known, and not compared. */
  readonly data?: Manifest['data'] | undefined;
  /** Compared where the images are. */
  readonly references?: Manifest['references'];
}

/** Of two runs, their images included. */
export function differences(before: RunInputs, after: RunInputs): Difference[] {
  const changes = experimentChanges(before.experiment, after.experiment);
  if (before.data === undefined || after.data === undefined) return changes;
  const images = imageDifferences(before.data, after.data);
  const references = referenceDifferences(before.references ?? {}, after.references ?? {});
  return [
    ...changes,
    ...[...images, ...references].map((text): Difference => ({ kind: 'data', text })),
  ];
}

function referenceDifferences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const paths = Object.keys({ ...before, ...after });
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => `the reference image is not the same: ${path}`);
}

/** The same, and in what they are computed by. Thread counts may differ: see {@link threadChange}. */
export function runDifferences(before: Manifest, after: Manifest): Difference[] {
  const versions = new Map<string, string>();
  const releases = (manifest: Manifest) => ({
    ...Object.fromEntries(Object.entries(manifest.versions).filter(([name]) => name !== 'node')),
    ...Object.fromEntries(
      manifest.plugins.map(({ kind, name, version }) => [`${kind} ${name}`, version]),
    ),
  });
  const [old, now] = [releases(before), releases(after)];
  // A plugin that is not in both is a difference of the experiment.
  for (const name of Object.keys(old))
    if (name in now) compare(name, old[name], now[name], versions);
  const engines = new Map<string, string>();
  for (const key of ['engine', 'version', 'device'] as const) {
    compare(`device.${key}`, before.device[key], after.device[key], engines);
  }
  return [
    ...differences(before, after),
    ...[...versions.values()].map((text): Difference => ({ kind: 'versions', text })),
    ...[...engines.values()].map((text): Difference => ({ kind: 'engine', text })),
  ];
}

/** Undefined where the number of threads is what it was. */
export function threadChange(before: Manifest, after: Manifest): string | undefined {
  const [old, now] = [before.device.threads, after.device.threads];
  if (old === now) return undefined;
  return `it began on ${old} threads and goes on with ${now}: the last bits may differ from a run that was not stopped`;
}

function imageDifferences(before: Manifest['data'], after: Manifest['data']): string[] {
  const digests = (data: Manifest['data'], split: Split) =>
    new Map((data[split]?.images ?? []).map(({ id, digest }) => [id, digest]));
  return (['train', 'validation', 'test'] as const).flatMap((split) => {
    const [old, now] = [digests(before, split), digests(after, split)];
    const ids = [...new Set([...old.keys(), ...now.keys()])];
    const changed = ids.filter((id) => old.get(id) !== now.get(id));
    if (changed.length === 0) return [];
    const others = changed.length === 1 ? '' : ` and ${changed.length - 1} more`;
    return [`the images of data.${split} are not the same: ${changed[0]}${others}`];
  });
}

function compare(path: string, before: unknown, after: unknown, changes: Map<string, string>) {
  if (isDeepStrictEqual(before, after)) return;
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(path === '' ? key : `${path}.${key}`, before[key], after[key], changes);
    }
    return;
  }
  const show = (value: unknown) => JSON.stringify(value) ?? 'absent';
  changes.set(path, `${path} was ${show(before)}, is ${show(after)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

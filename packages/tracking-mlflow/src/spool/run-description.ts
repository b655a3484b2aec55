import { userInfo } from 'node:os';
import type { Manifest } from '@mmsr/core';
import type { DatasetInput } from '../client/mlflow-client.js';
import { keyOf, sha256, valueOf } from '../client/names.js';
import { LONGEST_PARAM, LONGEST_TAG, type KeyValue } from '../client/wire-values.js';

/** The tag that holds the ledger's id, by which a run is found again. */
export const ID_TAG = 'mmsr.id';
const LONGEST_SOURCE = 60000;
const DIGEST_LENGTH = 32;

export function tag(key: string, value: string): KeyValue {
  return { key: keyOf(key), value: valueOf(value, LONGEST_TAG) };
}

/** The experiment as parameters, a path such as `model.backbone.name` each; where it is tracked is none. */
export function flatParameters({ experiment }: Manifest): KeyValue[] {
  return flatten('', { ...experiment, tracking: undefined }).map(([path, value]) => ({
    key: keyOf(path),
    value: valueOf(value, LONGEST_PARAM),
  }));
}

function flatten(path: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([key, entry]) =>
    entry === undefined ? [] : flatten(path === '' ? key : `${path}.${key}`, entry),
  );
}

/** Tags of a run, by which people find it. */
export function runTags(manifest: Manifest, id: string): KeyValue[] {
  const { device, git, experiment } = manifest;
  return [
    tag(ID_TAG, id),
    tag('mmsr.study', experiment.name),
    tag('mmsr.cell', manifest.cell),
    tag('mmsr.engine', `${device.engine} ${device.version} on ${device.device}`),
    ...sourceTags(),
    ...(git === null ? [] : [tag('mlflow.source.git.commit', git.commit)]),
    ...(experiment.description === '' ? [] : [tag('mlflow.note.content', experiment.description)]),
  ];
}

/** What MLflow's own clients say of where a run comes from. */
export function sourceTags(): KeyValue[] {
  return [tag('mlflow.source.name', 'mmsr-run'), tag('mlflow.source.type', 'LOCAL'), ...userTag()];
}

function userTag(): KeyValue[] {
  try {
    return [tag('mlflow.user', userInfo().username)];
  } catch {
    // A user without a name, as in some containers.
    return [];
  }
}

const CONTEXTS = { train: 'training', validation: 'validation', test: 'test' } as const;

/** The data sets: one per split, told apart by the digests of their images. */
export function datasets({ data, experiment }: Manifest): DatasetInput[] {
  return (['train', 'validation', 'test'] as const).flatMap((split) => {
    const description = data[split];
    const options = experiment.data[split];
    if (description === undefined || options === undefined) return [];
    const { images, samples } = description;
    const digests = images.map(({ id, digest }) => [id, digest]);
    return [
      {
        name: valueOf(`${split}: ${options.source.name}`, 500),
        digest: sha256(JSON.stringify(digests)).slice(0, DIGEST_LENGTH),
        sourceType: 'mmsr',
        source: valueOf(JSON.stringify(options.source), LONGEST_SOURCE),
        profile: JSON.stringify({ images: images.length, samples }),
        context: CONTEXTS[split],
      },
    ];
  });
}

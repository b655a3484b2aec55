import { isDeepStrictEqual } from 'node:util';
import {
  InputError,
  messageOf,
  MmsrError,
  type Experiment,
  type Source,
  type SourceContext,
  type Split,
} from '@mmsr/core';
import { divideGroups, type Share } from '../splits/divide-groups.js';
import { partsOf } from '../splits/part-source.js';
import { findPlugin, type Plugins, type PluginUse, useOf } from './plugin-lookup.js';

/** A split whose source is open. */
export interface OpenSplit {
  readonly split: Split;
  readonly use: PluginUse & { readonly kind: 'source' };
  readonly context: SourceContext;
  readonly source: Source;
  /** Indices of its images in what the plugin opens, where it takes a fraction of them. */
  readonly part?: readonly number[];
}

const SPLITS = ['train', 'validation', 'test'] as const;

/**
 * Opens the source of every split the experiment has.
 * @returns what could be opened, to be closed by the caller, and all that is wrong with the rest
 * @throws the reason of the signal, with everything closed
 */
export async function openSplits(
  plugins: Plugins,
  { data, seed, scale }: Experiment,
  folder: string,
  signal?: AbortSignal,
): Promise<{ splits: OpenSplit[]; problems: MmsrError[] }> {
  const splits: OpenSplit[] = [];
  const problems: MmsrError[] = [];
  for (const sharing of bySource(data)) {
    const [{ split }] = sharing;
    const use = useOf('source', sourceOf(data, split));
    const context = { seed, split, scale, folder };
    try {
      signal?.throwIfAborted();
      const source = await findPlugin(plugins, use).create(use.options, { ...context, signal });
      const open = { use, context };
      splits.push(
        ...(await divide(source, sharing, data.splitSeed)).map((one) => ({ ...one, ...open })),
      );
    } catch (error) {
      if (signal?.aborted === true) await Promise.all(splits.map((one) => one.source.close()));
      signal?.throwIfAborted();
      problems.push(...problemsOf(error, split));
    }
  }
  return {
    splits: splits.sort((a, b) => SPLITS.indexOf(a.split) - SPLITS.indexOf(b.split)),
    problems,
  };
}

type Data = Experiment['data'];

/** A split that takes all of its source, or those that take fractions of one. */
type Sharing = readonly [
  { readonly split: Split; readonly fraction?: number | undefined },
  ...Share[],
];

function sourceOf(data: Data, split: Split): Data['train']['source'] {
  return (data[split] as Data['train']).source;
}

function bySource(data: Data): Sharing[] {
  const found: [Sharing[0], ...Share[]][] = [];
  for (const split of SPLITS) {
    const fraction = data[split]?.fraction;
    if (data[split] === undefined) continue;
    const source = sourceOf(data, split);
    const shared = found.find(
      ([first]) =>
        first.fraction !== undefined && isDeepStrictEqual(sourceOf(data, first.split), source),
    );
    if (fraction === undefined || shared === undefined) found.push([{ split, fraction }]);
    else shared.push({ split, fraction });
  }
  return found;
}

async function divide(
  source: Source,
  sharing: Sharing,
  seed: number,
): Promise<Pick<OpenSplit, 'split' | 'source' | 'part'>[]> {
  try {
    if (source.images.length === 0) throw new MmsrError('E_DATA', 'the source has no image');
    const [{ split }] = sharing;
    const shares = sharing.filter((one): one is Share => one.fraction !== undefined);
    if (shares.length === 0) return [{ split, source }];
    const parts = divideGroups(source.images, shares, seed);
    const sources = partsOf(source, parts);
    return [...sources].map(([one, of]) => ({
      split: one,
      source: of,
      part: parts.get(one) as number[],
    }));
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A problem that names no place gets the split's. */
function problemsOf(error: unknown, split: Split): readonly MmsrError[] {
  if (error instanceof InputError) return error.problems;
  const where = `data.${split}.source`;
  if (!(error instanceof MmsrError)) {
    return [new MmsrError('E_DATA', messageOf(error), { where, cause: error })];
  }
  const { code, message, advice } = error;
  return error.where === undefined
    ? [new MmsrError(code, message, { where, advice, cause: error })]
    : [error];
}

import {
  InputError,
  messageOf,
  MmsrError,
  type Experiment,
  type Source,
  type SourceContext,
  type Split,
} from '@mmsr/core';
import { findPlugin, type Plugins, type PluginUse, useOf } from './plugin-lookup.js';

/** A split whose source is open. */
export interface OpenSplit {
  readonly split: Split;
  readonly use: PluginUse & { readonly kind: 'source' };
  readonly context: SourceContext;
  readonly source: Source;
}

const SPLITS = ['train', 'validation', 'test'] as const;

/**
 * Opens the source of every split the experiment has.
 * @returns what could be opened, to be closed by the caller, and all that is wrong with the rest
 */
export async function openSplits(
  plugins: Plugins,
  { data, seed, scale }: Experiment,
  folder: string,
): Promise<{ splits: OpenSplit[]; problems: MmsrError[] }> {
  const splits: OpenSplit[] = [];
  const problems: MmsrError[] = [];
  for (const split of SPLITS) {
    const definition = data[split];
    if (definition === undefined) continue;
    const use = useOf('source', definition.source);
    const context = { seed, split, scale, folder };
    try {
      const source = await findPlugin(plugins, use).create(use.options, context);
      splits.push({ split, use, context, source });
      if (source.images.length === 0) throw new MmsrError('E_DATA', 'the source has no image');
    } catch (error) {
      problems.push(...problemsOf(error, split));
    }
  }
  return { splits, problems };
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

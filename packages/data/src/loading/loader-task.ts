import type { SourceContext } from '@mmsr/core';
import type { BatchBytes, OnBadPatch, SkippedPatch } from '../patches/batch-maker.js';
import type { SamplerOptions } from '../patches/patch-sampler.js';
import type { StainTransform } from '../stain/transforms.js';
import type { ImportablePlugin } from './plugin-lookup.js';
import type { PackedError } from './thread-errors.js';

/** All that a loading thread needs to make any batch. */
export interface LoaderTask {
  readonly source: ImportablePlugin & { readonly kind: 'source' };
  readonly sourceContext: SourceContext;
  /** Indices of the images that are used; absent: all. */
  readonly part?: readonly number[] | undefined;
  readonly degradation: ImportablePlugin & { readonly kind: 'degradation' };
  readonly transforms: readonly StainTransform[];
  readonly sampler: SamplerOptions;
  readonly onBadPatch: OnBadPatch;
  /** Digests of the images as the main thread opened them. */
  readonly digests: readonly string[];
  /** Memory for finished batches: batch i goes into ring[i % ring.length]. */
  readonly ring: readonly BatchBytes[];
  /** The thread's own: batch, slot and attempt of the patch it began last, see LAST_PATCH; -1: none. */
  readonly lastPatch: Int32Array;
}

/** In `lastPatch`, where the main thread finds it when the thread has died. */
export const LAST_PATCH = { batch: 0, slot: 1, attempt: 2 } as const;

/** Make a batch, or finish the one in work and end. */
export type LoaderRequest = { readonly batch: number } | 'close';

/** A batch lies in its memory, or could not be made. */
export interface LoaderReply {
  readonly batch: number;
  readonly skipped?: readonly SkippedPatch[];
  readonly error?: PackedError;
}

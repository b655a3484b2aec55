import type { Batch, BatchStream } from '@mmsr/core';
import {
  type BatchMaker,
  type BatchShape,
  createBatchBytes,
  toBatch,
} from '../patches/batch-maker.js';
import type { SamplerOptions } from '../patches/patch-sampler.js';
import { SkipTally } from './skip-tally.js';

/** Batches made on the calling thread, each when it is asked for. */
export class DirectStream implements BatchStream {
  waitedMs = 0;
  readonly skipped = new SkipTally();
  #next: number;

  constructor(
    private readonly maker: BatchMaker,
    private readonly sampler: SamplerOptions,
    private readonly shape: BatchShape,
    first: number,
  ) {
    this.#next = first;
  }

  async next(): Promise<Batch> {
    const beganMs = performance.now();
    const batch = this.#next++;
    const bytes = createBatchBytes(this.shape);
    const skipped = await this.maker.fill(batch, bytes);
    this.waitedMs += performance.now() - beganMs;
    this.skipped.add(skipped, this.shape.batchSize);
    return toBatch(batch, bytes, this.shape, this.sampler);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

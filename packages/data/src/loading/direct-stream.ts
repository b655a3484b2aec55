import type { Batch, BatchStream } from '@mmsr/core';
import {
  type BatchMaker,
  type BatchShape,
  createBatchBytes,
  toBatch,
} from '../patches/batch-maker.js';
import type { SamplerOptions } from '../patches/patch-sampler.js';

/** Batches made on the calling thread, each when it is asked for. */
export class DirectStream implements BatchStream {
  waitedMs = 0;
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
    await this.maker.fill(batch, bytes);
    this.waitedMs += performance.now() - beganMs;
    return toBatch(batch, bytes, this.shape, this.sampler);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

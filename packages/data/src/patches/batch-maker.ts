import { type Batch, randomStream } from '@mmsr/core';
import { classOf, type PatchSampler, type SamplerOptions } from './patch-sampler.js';
import { type PatchMaker, readPair } from './read-pair.js';

/** The pixels of one batch in 8 bits, [batchSize, side, side, 3]. */
export interface BatchBytes {
  readonly lr: Uint8Array;
  readonly hr: Uint8Array;
}

/** Sides of the patches of a batch. */
export interface BatchShape {
  readonly batchSize: number;
  readonly lrPx: number;
  readonly hrPx: number;
}

/** Memory for a batch, which threads can share. */
export function createBatchBytes({ batchSize, lrPx, hrPx }: BatchShape): BatchBytes {
  const bytes = (sidePx: number) => batchSize * sidePx * sidePx * 3;
  return {
    lr: new Uint8Array(new SharedArrayBuffer(bytes(lrPx))),
    hr: new Uint8Array(new SharedArrayBuffer(bytes(hrPx))),
  };
}

/** Makes the batches of one sampler. */
export class BatchMaker {
  constructor(
    private readonly maker: PatchMaker,
    private readonly sampler: PatchSampler,
  ) {}

  /**
   * Writes the pixels of a batch.
   * @throws MmsrError naming the image and the place at fault
   */
  async fill(batch: number, { lr, hr }: BatchBytes): Promise<void> {
    const { batchSize, seed } = this.sampler.options;
    const slots = Array.from({ length: batchSize }, async (_, slot) => {
      const patch = this.sampler.patch(batch, slot);
      const random = randomStream(seed, 'degradation', batch, slot);
      const stain = randomStream(seed, 'stain', batch, slot);
      const pair = await readPair(this.maker, patch, random, patch.orientation, stain);
      hr.set(pair.hr.data, slot * pair.hr.data.length);
      lr.set(pair.lr.data, slot * pair.lr.data.length);
    });
    await Promise.all(slots);
  }
}

/** Every 8-bit level as float32 in 0..1. */
const LEVELS = Float32Array.from({ length: 256 }, (_, level) => level / 255);

function toFloats(bytes: Uint8Array): Float32Array {
  const floats = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) floats[i] = LEVELS[bytes[i] as number] as number;
  return floats;
}

/** The batch as a training step takes it; the bytes may be used again. */
export function toBatch(
  index: number,
  { lr, hr }: BatchBytes,
  { batchSize, lrPx, hrPx }: BatchShape,
  { magnifications }: SamplerOptions,
): Batch {
  return {
    count: batchSize,
    lr: toFloats(lr),
    hr: toFloats(hr),
    magnification: Int32Array.from({ length: batchSize }, (_, slot) =>
      classOf(index, slot, batchSize, magnifications.length),
    ),
    lrPx,
    hrPx,
  };
}

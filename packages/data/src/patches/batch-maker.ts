import { type Batch, MmsrError, randomStream } from '@mmsr/core';
import { classOf, type PatchSampler, type SamplerOptions } from './patch-sampler.js';
import { type PatchMaker, type PatchPair, readPair, UnreadablePatch } from './read-pair.js';

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

/** What is done about a training patch that cannot be read. */
export type OnBadPatch = 'error' | 'skip';

/** A patch that could not be read and was replaced. */
export interface SkippedPatch {
  /** Id of its image. */
  readonly image: string;
  /** Image, magnification and place, and why. */
  readonly problem: string;
}

/** So many patches are tried for one slot; all of them unreadable means that little can be read. */
export const ATTEMPTS_PER_SLOT = 8;

/** Told of every patch before it is read. */
export type OnAttempt = (batch: number, slot: number, attempt: number) => void;

/** Makes the batches of one sampler. */
export class BatchMaker {
  constructor(
    private readonly maker: PatchMaker,
    private readonly sampler: PatchSampler,
    private readonly onBadPatch: OnBadPatch,
    private readonly onAttempt: OnAttempt = () => undefined,
  ) {}

  /**
   * Writes the pixels of a batch.
   * @returns the patches that were replaced, by slot and attempt
   * @throws MmsrError naming the image and the place at fault
   */
  async fill(batch: number, { lr, hr }: BatchBytes): Promise<readonly SkippedPatch[]> {
    const { batchSize } = this.sampler.options;
    const slots = Array.from({ length: batchSize }, async (_, slot) => {
      const { pair, skipped } = await this.#readSlot(batch, slot);
      hr.set(pair.hr.data, slot * pair.hr.data.length);
      lr.set(pair.lr.data, slot * pair.lr.data.length);
      return skipped;
    });
    return (await Promise.all(slots)).flat();
  }

  async #readSlot(batch: number, slot: number) {
    const skipped: SkippedPatch[] = [];
    for (;;) {
      try {
        return { pair: await this.#attempt(batch, slot, skipped.length), skipped };
      } catch (error) {
        if (this.onBadPatch === 'error' || !(error instanceof UnreadablePatch)) throw error;
        const { image } = this.sampler.patch(batch, slot, skipped.length);
        const id = this.maker.source.images[image]?.id ?? `image ${image}`;
        const tried = skipped.push({ image: id, problem: error.describe() });
        if (tried === ATTEMPTS_PER_SLOT) throw givenUp(error);
      }
    }
  }

  #attempt(batch: number, slot: number, attempt: number): Promise<PatchPair> {
    const patch = this.sampler.patch(batch, slot, attempt);
    const { seed } = this.sampler.options;
    const random = randomStream(seed, 'degradation', batch, slot);
    const stain = randomStream(seed, 'stain', batch, slot);
    this.onAttempt(batch, slot, attempt);
    return readPair(this.maker, patch, random, patch.orientation, stain);
  }
}

function givenUp({ code, message, where, advice }: MmsrError): MmsrError {
  const all = `${ATTEMPTS_PER_SLOT} patches in a row could not be read; the last: ${message}`;
  return new MmsrError(code, all, { where, advice });
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

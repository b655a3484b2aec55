import { createHash } from 'node:crypto';
import { philox } from './philox.js';

/** A sequence of random numbers fixed by (seed, purpose, step, slot), independent of any other. */
export interface RandomStream {
  /** A float in [0, 1) with 24 random bits, so that float32 holds it exactly. */
  uniform(): number;
  /** An integer in [0, bound). */
  integer(bound: number): number;
  /** A normal deviate of mean 0 and standard deviation 1. */
  normal(): number;
}

class PhiloxStream implements RandomStream {
  readonly #words = new Uint32Array(4);
  #used = 4;
  #block = 0;

  constructor(
    private readonly key: readonly [number, number],
    private readonly step: number,
    private readonly slot: number,
    private readonly purpose: number,
  ) {}

  #next(): number {
    if (this.#used === 4) {
      philox([this.#block++, this.step, this.slot, this.purpose], this.key, this.#words);
      this.#used = 0;
    }
    return this.#words[this.#used++] as number;
  }

  uniform(): number {
    return (this.#next() >>> 8) / 0x1000000;
  }

  integer(bound: number): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return Math.floor(((high * 0x4000000 + low) / 0x20000000000000) * bound);
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

const hashes = new Map<string, number>();

function hashOf(purpose: string): number {
  let hash = hashes.get(purpose);
  if (hash === undefined) {
    hash = createHash('sha256').update(purpose).digest().readUInt32LE(0);
    hashes.set(purpose, hash);
  }
  return hash;
}

/**
 * The random numbers of one choice. They follow from the arguments alone, never from what was drawn
 * before: so the data order does not depend on the number of workers, and a resumed run is the run
 * that was never stopped.
 * @param seed the run's seed, a non-negative safe integer
 * @param purpose what is chosen, such as `patch` or `initial weight body.0.conv1.weight`
 * @param step training step, or 0 where there is none
 * @param slot place in the batch, or 0 where there is none
 */
export function randomStream(seed: number, purpose: string, step = 0, slot = 0): RandomStream {
  const key = [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0] as const;
  return new PhiloxStream(key, step >>> 0, slot >>> 0, hashOf(purpose));
}

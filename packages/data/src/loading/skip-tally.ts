import { MmsrError, type SkippedImage, type SkippedPatches } from '@mmsr/core';
import type { SkippedPatch } from '../patches/batch-maker.js';

/** Fewer are never too many: with few patches so far, one is a large share. */
export const ALWAYS_TOLERATED = 10;
/** Above this share of the patches, training would be on other data than the experiment says. */
export const LARGEST_SHARE = 0.01;
const NAMED_IMAGES = 5;

/**
 * Counts the patches that were skipped, batch by batch in their order, so that the count and where it is
 * too much do not depend on the number of threads.
 */
export class SkipTally implements SkippedPatches {
  count = 0;
  patches = 0;
  readonly #images = new Map<string, SkippedImage>();

  get images(): readonly SkippedImage[] {
    return [...this.#images.values()];
  }

  /**
   * @param batchSize patches of the batch
   * @throws MmsrError E_DATA when too many patches were skipped
   */
  add(skipped: readonly SkippedPatch[], batchSize: number): void {
    this.patches += batchSize;
    this.count += skipped.length;
    for (const { image, problem } of skipped) {
      const { count, firstProblem } = this.#images.get(image) ?? {
        count: 0,
        firstProblem: problem,
      };
      this.#images.set(image, { id: image, count: count + 1, firstProblem });
    }
    if (this.count <= Math.max(ALWAYS_TOLERATED, LARGEST_SHARE * this.patches)) return;
    throw this.#tooMany();
  }

  #tooMany(): MmsrError {
    const [first] = this.images;
    const named = this.images.slice(0, NAMED_IMAGES).map(({ id, count }) => `${id} (${count})`);
    const others = this.#images.size - named.length;
    if (others > 0) named.push(`${others} other images`);
    return new MmsrError(
      'E_DATA',
      `${this.count} of the ${this.patches} patches so far could not be read, in ${named.join(', ')}. ` +
        `The first: ${first?.firstProblem ?? ''}`,
      {
        where: 'data.train.source',
        advice: `At most ${100 * LARGEST_SHARE} % are skipped: mend the files or leave them out.`,
      },
    );
  }
}

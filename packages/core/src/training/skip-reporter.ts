import type { SkippedPatches } from '../contracts/data-pipeline.js';

const NAMED_IMAGES = 5;

/** Says of which images patches were skipped, each once, and in the end how many there were in all. */
export class SkipReporter {
  #named = 0;

  constructor(private readonly warn: (text: string) => Promise<void>) {}

  /** Names the images that are new, the first few of the run; to be called after every step. */
  async update(skipped: SkippedPatches | undefined): Promise<void> {
    if (skipped === undefined || skipped.count === 0) return;
    const { images } = skipped;
    for (const { firstProblem } of images.slice(this.#named, NAMED_IMAGES)) {
      await this.warn(`a patch was skipped: ${firstProblem}`);
    }
    this.#named = Math.max(this.#named, Math.min(images.length, NAMED_IMAGES));
  }

  /** The sum of it; to be called when training ends. */
  async finish(skipped: SkippedPatches | undefined): Promise<void> {
    if (skipped === undefined || skipped.count === 0) return;
    const { count, patches, images } = skipped;
    const named = images
      .slice(0, NAMED_IMAGES)
      .map(({ id, count: ofImage }) => `${id} (${ofImage})`);
    const others = images.length - named.length;
    if (others > 0) named.push(`${others} other image${others === 1 ? '' : 's'}`);
    await this.warn(
      `${count} of ${patches} patches could not be read and were replaced: ${named.join(', ')}`,
    );
  }
}

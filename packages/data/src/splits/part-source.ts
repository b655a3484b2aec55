import type { Region, RgbImage, Source, SourceImage } from '@mmsr/core';

/**
 * Some of the images of a source. `handOver` gives what the whole source hands over, so that a thread takes
 * the same part of what it opens.
 */
export class PartSource implements Source {
  readonly images: readonly SourceImage[];
  readonly warnings: readonly string[];
  readonly accepts?: NonNullable<Source['accepts']>;

  /**
   * @param part indices of its images in the whole
   * @param onClose instead of closing the whole, where others use it too
   */
  constructor(
    private readonly whole: Source,
    private readonly part: readonly number[],
    private readonly onClose: () => Promise<void> = () => whole.close(),
  ) {
    this.images = part.map((index) => whole.images[index] as SourceImage);
    this.warnings = whole.warnings ?? [];
    if (whole.accepts !== undefined) {
      this.accepts = (index, magnification, region) =>
        whole.accepts?.(part[index] as number, magnification, region) ?? true;
    }
  }

  read(
    index: number,
    magnification: number,
    region: Region,
  ): Promise<{ hr: RgbImage; lr?: RgbImage }> {
    return this.whole.read(this.part[index] as number, magnification, region);
  }

  handOver(): unknown {
    return this.whole.handOver?.();
  }

  close(): Promise<void> {
    return this.onClose();
  }
}

/** Parts of a source, which is closed with the last of them. */
export function partsOf<Key>(
  whole: Source,
  parts: ReadonlyMap<Key, readonly number[]>,
): Map<Key, PartSource> {
  let open = parts.size;
  const closeOne = async () => {
    open--;
    if (open === 0) await whole.close();
  };
  return new Map([...parts].map(([key, part]) => [key, new PartSource(whole, part, closeOne)]));
}

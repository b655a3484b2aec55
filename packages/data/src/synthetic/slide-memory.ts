import type { RgbImage } from '@mmsr/core';

const BYTES_PER_PIXEL = 3;
const REMEMBERED_BYTES = 256 * 2 ** 20;

/**
 * A slide in memory that threads share, drawn by the first that asks for it. Two that ask at the same
 * time draw the same, so there is nothing to lock: the mark is set when all pixels are there.
 */
export class SharedSlide {
  readonly #image: RgbImage;
  readonly #isDrawn: Int32Array;

  constructor(
    readonly memory: SharedArrayBuffer,
    sizePx: number,
    private readonly draw: () => RgbImage,
  ) {
    const bytes = sizePx * sizePx * BYTES_PER_PIXEL;
    this.#image = { widthPx: sizePx, heightPx: sizePx, data: new Uint8Array(memory, 0, bytes) };
    this.#isDrawn = new Int32Array(memory, memory.byteLength - 4, 1);
  }

  image(): RgbImage {
    if (Atomics.load(this.#isDrawn, 0) === 0) {
      this.#image.data.set(this.draw().data);
      Atomics.store(this.#isDrawn, 0, 1);
    }
    return this.#image;
  }
}

const remembered = new Map<string, SharedArrayBuffer>();

/**
 * Memory for a slide; the same for the same digest while it is remembered, since every cell of a study
 * has the same slides.
 */
export function slideMemory(digest: string, sizePx: number): SharedArrayBuffer {
  const pixelBytes = sizePx * sizePx * BYTES_PER_PIXEL;
  const memory = remembered.get(digest) ?? new SharedArrayBuffer(Math.ceil(pixelBytes / 4) * 4 + 4);
  remembered.delete(digest);
  remembered.set(digest, memory);
  let bytes = [...remembered.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  for (const [oldest, { byteLength }] of remembered) {
    if (bytes <= REMEMBERED_BYTES) break;
    remembered.delete(oldest);
    bytes -= byteLength;
  }
  return memory;
}

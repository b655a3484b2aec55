/** Bytes that may be used, by several users together. */
export class MemoryBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Takes the bytes if they are left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

/** For decoded images of all sources of this process; what does not fit is read from its file. */
export const decodedImages = new MemoryBudget(2 ** 30);

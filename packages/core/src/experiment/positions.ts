import { isWithin, type KeyPath } from './key-path.js';

interface Mark {
  /** Where the key begins, as file:line:column; for a list entry, where the entry begins. */
  readonly key: string;
  readonly value: string;
}

/** What the data at `to` was copied from. */
export interface Redirect {
  readonly to: KeyPath;
  readonly from: KeyPath;
}

/** Where in the file each key and value stands. */
export class Positions {
  readonly #marks: Map<string, Mark>;
  readonly #redirects: readonly Redirect[];

  constructor(marks = new Map<string, Mark>(), redirects: readonly Redirect[] = []) {
    this.#marks = marks;
    this.#redirects = redirects;
  }

  mark(path: KeyPath, mark: Mark): void {
    this.#marks.set(keyOf(path), mark);
  }

  /** Says that everything at the path comes from elsewhere, such as the command line. */
  replace(path: KeyPath, where: string): void {
    for (const known of this.#marks.keys()) {
      if (isWithin(JSON.parse(known) as string[], path)) this.#marks.delete(known);
    }
    const mark = { key: where, value: where };
    this.mark(path, mark);
    for (let length = path.length - 1; length > 0; length--) {
      const ancestor = path.slice(0, length);
      if (!this.#marks.has(keyOf(ancestor))) this.mark(ancestor, mark);
    }
  }

  /** The positions of data in which parts were copied from elsewhere in the same file. */
  redirected(redirects: readonly Redirect[]): Positions {
    return new Positions(this.#marks, redirects);
  }

  /** Where the key at the end of the path stands, or what it would stand in. */
  ofKey(path: KeyPath): string {
    return this.#find(path).key;
  }

  /** Where the value stands, or what it would stand in. */
  ofValue(path: KeyPath): string {
    return this.#find(path).value;
  }

  #find(path: KeyPath): Mark {
    const source = this.#source(path);
    for (let length = source.length; length > 0; length--) {
      const mark = this.#marks.get(keyOf(source.slice(0, length)));
      if (mark !== undefined && length === source.length) return mark;
      if (mark !== undefined) return { key: mark.value, value: mark.value };
    }
    return this.#marks.get(keyOf([])) ?? { key: '', value: '' };
  }

  #source(path: KeyPath): KeyPath {
    const copied = this.#redirects.findLast(({ to }) => isWithin(path, to));
    if (copied !== undefined) return [...copied.from, ...path.slice(copied.to.length)];
    if (this.#marks.has(keyOf(path))) return path;
    // A mapping that is there only because something in it was set.
    return this.#redirects.findLast(({ to }) => isWithin(to, path))?.from ?? path;
  }
}

function keyOf(path: KeyPath): string {
  return JSON.stringify(path);
}

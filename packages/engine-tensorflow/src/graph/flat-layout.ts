import type { NamedArrays } from '@mmsr/core';
import { sizeOf, type Shape } from './graph.js';

interface Place {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Arrays laid end to end in one vector. A network of thousands of parameters is one variable of the
 * session, so that its update is one operation and its state one tensor.
 */
export class FlatLayout {
  readonly sizes: readonly number[];
  readonly size: number;

  constructor(readonly places: readonly Place[]) {
    this.sizes = places.map(({ shape }) => sizeOf(shape));
    this.size = this.sizes.reduce((sum, size) => sum + size, 0);
  }

  join(arrays: NamedArrays): Float32Array {
    const flat = new Float32Array(this.size);
    this.#each((name, begin) => flat.set(arrays.get(name) as Float32Array, begin));
    return flat;
  }

  split(flat: Float32Array): Map<string, Float32Array> {
    const arrays = new Map<string, Float32Array>();
    this.#each((name, begin, end) => arrays.set(name, flat.slice(begin, end)));
    return arrays;
  }

  #each(visit: (name: string, begin: number, end: number) => void): void {
    let begin = 0;
    this.places.forEach(({ name }, i) => {
      const end = begin + (this.sizes[i] as number);
      visit(name, begin, end);
      begin = end;
    });
  }
}

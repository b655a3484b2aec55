/** 32 bits that follow from two coordinates and a seed; passes no test of randomness but the eye's. */
export function hash(x: number, y: number, seed: number): number {
  let bits = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed;
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A square of numbers, rows from the top. */
export type Field = Float32Array;

/**
 * Smooth noise in -1..1: random values on a lattice, interpolated.
 * @param sizePx side of the field
 * @param cellPx distance of the lattice's points: the size of what is seen
 */
export function noiseField(sizePx: number, cellPx: number, seed: number): Field {
  const cells = Math.ceil(sizePx / cellPx) + 2;
  const lattice = Float32Array.from(
    { length: cells * cells },
    (_, i) => hash(i % cells, Math.floor(i / cells), seed) / 0x7fffffff - 1,
  );
  const at = Int32Array.from({ length: sizePx }, (_, i) => Math.floor(i / cellPx));
  const blend = Float32Array.from({ length: sizePx }, (_, i) => {
    const t = i / cellPx - Math.floor(i / cellPx);
    return t * t * (3 - 2 * t);
  });
  const field = new Float32Array(sizePx * sizePx);
  for (let y = 0; y < sizePx; y++) {
    const row = (at[y] as number) * cells;
    const v = blend[y] as number;
    for (let x = 0; x < sizePx; x++) {
      const corner = row + (at[x] as number);
      const u = blend[x] as number;
      const top = mix(lattice[corner] as number, lattice[corner + 1] as number, u);
      const bottom = mix(
        lattice[corner + cells] as number,
        lattice[corner + cells + 1] as number,
        u,
      );
      field[y * sizePx + x] = mix(top, bottom, v);
    }
  }
  return field;
}

/** Linear interpolation from a (share 0) to b (share 1). */
export function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

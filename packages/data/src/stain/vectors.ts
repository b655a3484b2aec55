/** Red, green, blue. */
export type Vector = readonly [number, number, number];

/** Hematoxylin and eosin: optical densities of one unit of each. */
export type StainVectors = readonly [Vector, Vector];

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** a * x + b * y. */
export function combine(a: Vector, x: number, b: Vector, y: number): Vector {
  return [a[0] * x + b[0] * y, a[1] * x + b[1] * y, a[2] * x + b[2] * y];
}

export function scaled(vector: Vector, factor: number): Vector {
  return [vector[0] * factor, vector[1] * factor, vector[2] * factor];
}

export function unit(vector: Vector): Vector {
  return scaled(vector, 1 / Math.sqrt(dot(vector, vector)));
}

/** Hematoxylin takes more red light than eosin does. */
export function hematoxylinFirst(a: Vector, b: Vector): StainVectors {
  return a[0] > b[0] ? [a, b] : [b, a];
}

/** Vectors that point alike span no plane: less than a degree or so apart, stains cannot be told apart. */
const LEAST_ANGLE = 0.02;

/** Whether two unit vectors are usable as stains: finite and not parallel. */
export function areDistinct([a, b]: StainVectors): boolean {
  const cosine = dot(a, b);
  return Number.isFinite(cosine) && Math.abs(cosine) < Math.cos(LEAST_ANGLE);
}

/**
 * Eigenvectors of a symmetric matrix, the one of the largest eigenvalue first: Jacobi's rotations.
 * @param matrix rows
 */
export function eigenvectors(matrix: readonly Vector[]): Vector[] {
  const a = matrix.map((row) => [...row]);
  const v = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      rotate(a, v, p, q);
    }
  }
  const value = (i: number) => a[i]?.[i] as number;
  const column = (i: number) => v.map((row) => row[i] as number) as unknown as Vector;
  return [0, 1, 2].sort((i, j) => value(j) - value(i)).map(column);
}

/** Makes a[p][q] zero. */
function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const [rowP, rowQ] = [a[p] as number[], a[q] as number[]];
  const off = rowP[q] as number;
  if (off === 0) return;
  const theta = ((rowQ[q] as number) - (rowP[p] as number)) / (2 * off);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cos = 1 / Math.sqrt(tangent * tangent + 1);
  const sin = tangent * cos;
  for (const row of [...a, ...v]) turn(row, p, q, cos, sin);
  for (let k = 0; k < 3; k++) {
    const [x, y] = [rowP[k] as number, rowQ[k] as number];
    rowP[k] = cos * x - sin * y;
    rowQ[k] = sin * x + cos * y;
  }
}

function turn(row: number[], p: number, q: number, cos: number, sin: number): void {
  const [x, y] = [row[p] as number, row[q] as number];
  row[p] = cos * x - sin * y;
  row[q] = sin * x + cos * y;
}

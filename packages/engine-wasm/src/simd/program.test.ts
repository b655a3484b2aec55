import { numbers, relativeError } from '../testing/compare.js';
import { EDGE_BYTES } from './multiply.js';
import { compileProgram, instantiateProgram } from './program.js';

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
const simd = instantiateProgram(compileProgram(), memory);

const FLOAT = 4;
const EDGE = 1024;
const A = 1 << 16;
const B = 1 << 18;
const C = 1 << 20;

const floats = (address: number, count: number) => new Float32Array(memory.buffer, address, count);

beforeEach(() => floats(0, 1 << 20).fill(NaN));

function write(address: number, values: Float32Array): void {
  floats(address, values.length).set(values);
}

test.each([
  { rows: 4, depth: 3, columns: 8 },
  { rows: 1, depth: 1, columns: 1 },
  { rows: 9, depth: 20, columns: 19 },
  { rows: 12, depth: 5, columns: 16 },
  { rows: 3, depth: 33, columns: 7 },
])('multiply $rows x $depth x $columns', ({ rows, depth, columns }) => {
  const a = numbers('a', rows * depth);
  const b = numbers('b', depth * columns);
  const before = numbers('c', rows * columns);
  const product = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++) {
      sum += (a[row * depth + k] as number) * (b[k * columns + column] as number);
    }
    return sum;
  });
  write(A + (1 << 15), a);
  write(B + (1 << 15), b);
  for (let row = 0; row < rows; row += 4) {
    const from = A + (1 << 15) + row * depth * FLOAT;
    simd.packRows(from, depth * FLOAT, Math.min(4, rows - row), depth, A + row * depth * FLOAT, 16);
  }
  for (let column = 0; column < columns; column += 4) {
    const panel = B + Math.floor(column / 8) * depth * 32 + (column % 8) * FLOAT;
    const from = B + (1 << 15) + column * FLOAT;
    simd.packColumns(from, columns * FLOAT, Math.min(4, columns - column), depth, panel, 32);
  }
  const stride = columns + 5;
  const multiply = (accumulate: number) => {
    simd.multiply(A, B, C, depth, rows, columns, stride * FLOAT, accumulate, EDGE);
    return Float32Array.from({ length: rows * columns }, (_, i) => {
      return floats(C, rows * stride)[Math.floor(i / columns) * stride + (i % columns)] as number;
    });
  };
  expect(relativeError(multiply(0), product)).toBeLessThan(1e-6);
  before.forEach((value, i) => {
    floats(C, rows * stride)[Math.floor(i / columns) * stride + (i % columns)] = value;
  });
  const sum = product.map((value, i) => value + (before[i] as number));
  expect(relativeError(multiply(1), sum)).toBeLessThan(1e-6);
  const between = Array.from({ length: rows * 5 }, (_, i) => {
    return floats(C, rows * stride)[Math.floor(i / 5) * stride + columns + (i % 5)];
  });
  expect(between.every(Number.isNaN)).toBe(true);
  expect(floats(EDGE + EDGE_BYTES, 8).every(Number.isNaN)).toBe(true);
});

test.each([1, 2, 3, 4])('packRows writes %i of 4 rows and nothing else', (rows) => {
  const [length, stride] = [11, 7];
  write(A, numbers('a', 4 * 20));
  simd.packRows(A, 20 * FLOAT, rows, length, C, stride * FLOAT);
  const target = floats(C, length * stride);
  target.forEach((value, i) => {
    const [k, row] = [Math.floor(i / stride), i % stride];
    expect(value).toBe(row < rows ? floats(A, 80)[row * 20 + k] : NaN);
  });
});

test.each([1, 2, 3, 4])('packColumns copies %i of 4 columns and nothing else', (columns) => {
  const [length, stride] = [5, 9];
  write(A, numbers('a', length * 6));
  simd.packColumns(A, 6 * FLOAT, columns, length, C, stride * FLOAT);
  floats(C, length * stride).forEach((value, i) => {
    const [k, column] = [Math.floor(i / stride), i % stride];
    expect(value).toBe(column < columns ? floats(A, 30)[k * 6 + column] : NaN);
  });
});

test('copyRuns copies runs of every length', () => {
  write(A, numbers('a', 100));
  for (const run of [1, 4, 7, 10]) {
    floats(C, 60).fill(NaN);
    simd.copyRuns(A, 11 * FLOAT, run, 3, C, 13 * FLOAT);
    floats(C, 60).forEach((value, i) => {
      const [row, k] = [Math.floor(i / 13), i % 13];
      expect(value).toBe(row < 3 && k < run ? floats(A, 100)[row * 11 + k] : NaN);
    });
  }
});

test('addRows sums columns of every count', () => {
  write(A, numbers('a', 5 * 40));
  for (const columns of [1, 3, 4, 16, 27, 40]) {
    floats(C, 48).fill(NaN);
    simd.addRows(A, 40 * FLOAT, 5, columns, C);
    floats(C, 48).forEach((value, column) => {
      const sum = [0, 1, 2, 3, 4].reduce(
        (total, row) => total + (floats(A, 200)[row * 40 + column] as number),
        0,
      );
      if (column < columns) expect(value).toBeCloseTo(sum, 5);
      else expect(value).toBeNaN();
    });
  }
});

test('copy and zero', () => {
  write(A, Float32Array.of(1, 2, 3));
  simd.copy(C, A, 12);
  simd.zero(C + 4, 4);
  expect([...floats(C, 4)]).toEqual([1, 0, 3, NaN]);
});

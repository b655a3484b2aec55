import { assemble } from './assembler.js';
import { multiply, multiplyTile } from './multiply.js';
import { copy, copyRuns, packColumns, packRows, zero } from './packing.js';
import { addRows } from './sums.js';

/** The kernels compiled to WebAssembly; addresses and strides in bytes, counts in floats. */
export interface Simd {
  multiply(
    a: number,
    b: number,
    c: number,
    depth: number,
    rows: number,
    columns: number,
    stride: number,
    accumulate: number,
    edge: number,
  ): void;
  packRows(
    source: number,
    rowStride: number,
    rows: number,
    length: number,
    target: number,
    targetStride: number,
  ): void;
  packColumns(
    source: number,
    rowStride: number,
    columns: number,
    length: number,
    target: number,
    targetStride: number,
  ): void;
  copyRuns(
    source: number,
    sourceStride: number,
    run: number,
    count: number,
    target: number,
    targetStride: number,
  ): void;
  addRows(source: number, rowStride: number, rows: number, columns: number, target: number): void;
  copy(target: number, source: number, bytes: number): void;
  zero(target: number, bytes: number): void;
}

export function compileProgram(): WebAssembly.Module {
  return new WebAssembly.Module(
    assemble([multiply, multiplyTile, packRows, packColumns, copy, zero]),
  );
}

/** @param memory the heap of tfjs's binary, so that kernels read and write its tensors */
export function instantiateProgram(program: WebAssembly.Module, memory: WebAssembly.Memory): Simd {
  return new WebAssembly.Instance(program, { env: { memory } }).exports as unknown as Simd;
}

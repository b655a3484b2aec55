import { assemble } from './assembler.js';
import { multiply, multiplyTile } from './multiply.js';
import { copy, copyRuns, packColumns, packRows, zero } from './packing.js';
import { addRows } from './sums.js';

/** The kernels compiled to WebAssembly; addresses and strides in bytes, counts in floats. */
export interface Simd {
  readonly multiply: (
    a: number,
    b: number,
    c: number,
    depth: number,
    rows: number,
    columns: number,
    stride: number,
    accumulate: number,
    edge: number,
  ) => void;
  readonly packRows: (
    source: number,
    rowStride: number,
    rows: number,
    length: number,
    target: number,
    targetStride: number,
  ) => void;
  readonly packColumns: (
    source: number,
    rowStride: number,
    columns: number,
    length: number,
    target: number,
    targetStride: number,
  ) => void;
  readonly copyRuns: (
    source: number,
    sourceStride: number,
    run: number,
    count: number,
    target: number,
    targetStride: number,
  ) => void;
  readonly addRows: (
    source: number,
    rowStride: number,
    rows: number,
    columns: number,
    target: number,
  ) => void;
  readonly copy: (target: number, source: number, bytes: number) => void;
  readonly zero: (target: number, bytes: number) => void;
}

const FUNCTIONS = [multiply, multiplyTile, packRows, packColumns, copyRuns, addRows, copy, zero];

export function compileProgram(): WebAssembly.Module {
  return new WebAssembly.Module(assemble(FUNCTIONS));
}

/** @param memory the heap of tfjs's binary, so that kernels read and write its tensors */
export function instantiateProgram(program: WebAssembly.Module, memory: WebAssembly.Memory): Simd {
  return new WebAssembly.Instance(program, { env: { memory } }).exports as unknown as Simd;
}

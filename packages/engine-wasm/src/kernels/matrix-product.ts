import { PANEL_COLUMNS } from '../simd/multiply.js';
import { multiplyRows, productScratchBytes } from '../tasks/matrix-product.js';
import { packedBytes, packMatrix } from '../tasks/packing.js';
import type { Runtime, TensorInfo } from './runtime.js';

const BLOCK_DEPTH = 512;
const CHUNK_ROWS = 64;

/** c[m] = a[m] b[m]; a factor with one matrix is used for every m. */
export interface ProductShape {
  readonly aMatrices: number;
  readonly bMatrices: number;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly aTransposed: boolean;
  readonly bTransposed: boolean;
}

/** @param shape of the output; holds max(aMatrices, bMatrices) * rows * columns values */
export function multiplyMatrices(
  runtime: Runtime,
  a: TensorInfo,
  b: TensorInfo,
  outShape: number[],
  shape: ProductShape,
): TensorInfo {
  const { aMatrices, bMatrices, rows, depth, columns } = shape;
  const matrices = Math.max(aMatrices, bMatrices);
  if (matrices * rows * depth * columns === 0) return runtime.filled(outShape, 0);
  const output = runtime.output(outShape);
  const blockDepth = Math.min(BLOCK_DEPTH, depth);
  const chunk = Math.min(CHUNK_ROWS, rows);
  const scratchBytes = productScratchBytes(blockDepth, chunk);
  runtime.borrow(bMatrices * packedBytes(depth, columns), (packed) => {
    const panels = Math.ceil(columns / PANEL_COLUMNS) * Math.ceil(depth / blockDepth);
    const transposed = Number(shape.bTransposed);
    runtime.run(
      packMatrix,
      { source: runtime.address(b), target: packed, depth, columns, blockDepth, transposed },
      bMatrices * panels,
    );
    runtime.borrow(runtime.threads * scratchBytes, (scratch) => {
      runtime.run(
        multiplyRows,
        {
          ...{
            a: runtime.address(a),
            b: packed,
            c: runtime.address(output),
            scratch,
            scratchBytes,
          },
          ...{ rows, depth, columns, aMatrices, bMatrices, blockDepth, chunk },
          transposed: Number(shape.aTransposed),
        },
        matrices * Math.ceil(rows / chunk),
      );
    });
  });
  return output;
}

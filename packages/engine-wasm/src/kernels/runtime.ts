import type { tf } from '@mmsr/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Task } from '../tasks/task.js';
import { taskNumber } from '../tasks/task-runner.js';
import type { ThreadPool } from '../threads/thread-pool.js';
import type { TfjsBinary } from '../tfjs-binary.js';

/** A tensor without its type: what kernels take and give. */
export type TensorInfo = tf.TensorInfo;

/** Where kernels find tensors, memory and threads. */
export class Runtime {
  constructor(
    readonly backend: BackendWasm,
    private readonly binary: TfjsBinary,
    private readonly pool: ThreadPool,
  ) {}

  get threads(): number {
    return this.pool.threads;
  }

  /** Where a tensor's values lie on the heap. */
  address(tensor: TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A new float32 tensor, not yet written. */
  output(shape: number[]): TensorInfo {
    return this.backend.makeOutput(shape, 'float32');
  }

  filled(shape: number[], value: number): TensorInfo {
    const output = this.output(shape);
    this.backend.typedArrayFromHeap(output).fill(value);
    return output;
  }

  /** `count` floats on the heap; not to be kept, since the heap may move. */
  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.binary.memory.buffer, address >>> 0, count);
  }

  /** Lends memory to `use`. */
  borrow<Result>(bytes: number, use: (address: number) => Result): Result {
    const address = this.binary._malloc(bytes);
    try {
      return use(address);
    } finally {
      this.binary._free(address);
    }
  }

  run<Name extends string>(
    task: Task<Name>,
    parameters: Readonly<Record<Name, number>>,
    pieces: number,
  ): void {
    const values = task.names.map((name) => parameters[name]);
    this.pool.run(taskNumber(task), values, pieces);
  }
}

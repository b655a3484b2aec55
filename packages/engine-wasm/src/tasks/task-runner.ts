import type { Simd } from '../simd/program.js';
import type { TaskRunner } from '../threads/control.js';
import { convolveRows, filterGradient, padRows } from './convolution.js';
import { multiplyRows } from './matrix-product.js';
import { convolveNarrow, filterGradientNarrow, packNarrow } from './narrow-convolution.js';
import { packMatrix, packRotatedFilter } from './packing.js';
import { sumBlocks } from './sums.js';
import type { Task } from './task.js';
import { permute } from './permute.js';

/** Every task, by its number. */
const TASKS = [
  padRows,
  packMatrix,
  packRotatedFilter,
  convolveRows,
  filterGradient,
  multiplyRows,
  packNarrow,
  convolveNarrow,
  filterGradientNarrow,
  permute,
  sumBlocks,
] as readonly Task[];

export function taskNumber<Name extends string>(task: Task<Name>): number {
  return TASKS.indexOf(task as unknown as Task);
}

/** @param thread the thread's number, 0 for the one that hands out the work */
export function createTaskRunner(simd: Simd, thread: number): TaskRunner {
  return (number, values) => {
    const task = TASKS[number] as Task;
    const parameters = Object.fromEntries(
      task.names.map((name, index) => [name, values[index] as number]),
    );
    return task.prepare(simd, parameters, thread);
  };
}

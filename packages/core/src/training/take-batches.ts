import type { BatchStream } from '../contracts/data-pipeline.js';
import type { Batch } from '../contracts/train-step.js';

/** The next batches of a stream: those of one step, `training.accumulate` of them. */
export async function takeBatches(stream: BatchStream, count: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  while (batches.length < count) batches.push(await stream.next());
  return batches;
}

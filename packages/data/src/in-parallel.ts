import { MmsrError } from '@mmsr/core';

/**
 * Does the work for every item, a few at a time; results are in the order of the items.
 * @param signal leaves out the items that are not begun yet
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atATime: number,
  work: (item: Item, index: number) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && signal?.aborted !== true) {
      const index = next++;
      results[index] = await work(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, worker));
  return results;
}

/** The same; what is wrong with an item is kept beside the results of the others. Other errors pass on. */
export async function inParallelWithFaults<Item, Result>(
  items: readonly Item[],
  atATime: number,
  work: (item: Item, index: number) => Promise<Result>,
  signal?: AbortSignal,
): Promise<{ results: Result[]; faults: MmsrError[] }> {
  const kept = async (item: Item, index: number) => {
    try {
      return { result: await work(item, index) };
    } catch (error) {
      if (error instanceof MmsrError) return { fault: error };
      throw error;
    }
  };
  const ended = await inParallel(items, atATime, kept, signal);
  return {
    results: ended.flatMap((end) => ('result' in end ? [end.result as Result] : [])),
    faults: ended.flatMap(({ fault }) => (fault === undefined ? [] : [fault])),
  };
}

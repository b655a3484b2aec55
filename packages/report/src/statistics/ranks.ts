/** Ranks from 1, equal values sharing their mean rank, and how many share each value. */
export function averageRanks(values: readonly number[]): {
  ranks: Float64Array;
  tieSizes: number[];
} {
  const order = values.map((_, i) => i).sort((a, b) => at(values, a) - at(values, b));
  const ranks = new Float64Array(values.length);
  const tieSizes: number[] = [];
  for (let first = 0; first < order.length;) {
    const value = at(values, order[first] as number);
    let end = first + 1;
    while (end < order.length && at(values, order[end] as number) === value) end++;
    for (let i = first; i < end; i++) ranks[order[i] as number] = (first + 1 + end) / 2;
    tieSizes.push(end - first);
    first = end;
  }
  return { ranks, tieSizes };
}

function at(values: readonly number[], index: number): number {
  return values[index] as number;
}

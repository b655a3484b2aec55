/**
 * p values adjusted for their family by Holm's step-down method (Scandinavian Journal of Statistics 6,
 * 1979): the chance of any false rejection stays below the level however the tests depend on each other.
 * @param pValues null for a comparison without a test, which stays null and does not count
 */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  const order = pValues
    .flatMap((p, index) => (p === null ? [] : [{ p, index }]))
    .sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  order.forEach(({ p, index }, rank) => {
    largest = Math.max(largest, Math.min(1, (order.length - rank) * p));
    adjusted[index] = largest;
  });
  return adjusted;
}

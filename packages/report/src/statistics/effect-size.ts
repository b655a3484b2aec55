import type { SignedRankTest } from './wilcoxon.js';

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With n - 1 in the denominator; null of fewer than two values. */
export function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Cohen's d of paired differences: their mean in units of their standard deviation (Cohen 1988, d_z).
 * @returns null of fewer than two differences, or when all are equal
 */
export function cohensDz(differences: readonly number[]): number | null {
  const deviation = standardDeviation(differences);
  return deviation === null || deviation === 0 ? null : mean(differences) / deviation;
}

/**
 * Matched-pairs rank-biserial correlation: the share of the rank sum that favours minus the share that
 * does not, -1 to 1 (Kerby, Comprehensive Psychology 3, 2014).
 * @returns null when there is no difference to rank
 */
export function rankBiserial({ positiveRankSum, negativeRankSum }: SignedRankTest): number | null {
  const total = positiveRankSum + negativeRankSum;
  return total === 0 ? null : (positiveRankSum - negativeRankSum) / total;
}

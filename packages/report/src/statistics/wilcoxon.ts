import { normalTail } from './normal.js';
import { averageRanks } from './ranks.js';

/** Up to so many pairs without ties and zeros the test is exact, as in scipy. */
const MAX_EXACT_PAIRS = 50;
/** Up to so many pairs it is exact with ties or zeros too: scipy enumerates all signs up to here. */
const MAX_EXACT_PAIRS_WITH_TIES = 13;

export interface SignedRankTest {
  /** min(positiveRankSum, negativeRankSum). */
  readonly statistic: number;
  readonly positiveRankSum: number;
  readonly negativeRankSum: number;
  /** Two-sided; null without any pair. */
  readonly pValue: number | null;
  readonly method: 'exact' | 'approximate';
  /** Pairs without a difference; they are left out of the ranks. */
  readonly zeros: number;
}

/**
 * Wilcoxon's signed-rank test of paired differences, two-sided, zeros left out: what
 * `scipy.stats.wilcoxon(differences, method='auto', correction=True)` of scipy 1.17 gives. Exact with at most 50
 * pairs when there are neither ties nor zeros, and with at most 13 in any case; otherwise the normal
 * approximation with the corrections for ties and continuity. When all differences are zero, p is 1.
 * @param differences finite numbers
 */
export function wilcoxonSignedRank(differences: readonly number[]): SignedRankTest {
  const nonZero = differences.filter((difference) => difference !== 0);
  const zeros = differences.length - nonZero.length;
  const { ranks, tieSizes } = averageRanks(nonZero.map(Math.abs));
  const sumWhere = (positive: boolean) =>
    nonZero.reduce((sum, d, i) => (d > 0 === positive ? sum + (ranks[i] as number) : sum), 0);
  const [positiveRankSum, negativeRankSum] = [sumWhere(true), sumWhere(false)];
  const hasTies = tieSizes.some((size) => size > 1);
  const largest = hasTies || zeros > 0 ? MAX_EXACT_PAIRS_WITH_TIES : MAX_EXACT_PAIRS;
  const method = differences.length <= largest || nonZero.length === 0 ? 'exact' : 'approximate';
  const statistic = Math.min(positiveRankSum, negativeRankSum);
  const pValue = method === 'exact' ? exactP(ranks, statistic) : normalP(statistic, tieSizes);
  return {
    statistic,
    positiveRankSum,
    negativeRankSum,
    pValue: differences.length === 0 ? null : pValue,
    method,
    zeros,
  };
}

/**
 * Twice the share of the 2^n assignments of signs whose rank sum is at most the statistic, at most 1.
 * Mean ranks are halves at least, so their doubles are counted in whole numbers.
 */
function exactP(ranks: Float64Array, statistic: number): number {
  const doubled = Array.from(ranks, (rank) => 2 * rank);
  const counts = new Float64Array(doubled.reduce((sum, rank) => sum + rank, 0) + 1);
  counts[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    for (let sum = reached; sum >= 0; sum--) {
      counts[sum + rank] = (counts[sum + rank] as number) + (counts[sum] as number);
    }
    reached += rank;
  }
  const below = counts.subarray(0, 2 * statistic + 1).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * below) / 2 ** ranks.length);
}

function normalP(statistic: number, tieSizes: readonly number[]): number {
  const n = tieSizes.reduce((sum, size) => sum + size, 0);
  const mean = (n * (n + 1)) / 4;
  const ties = tieSizes.reduce((sum, size) => sum + (size ** 3 - size), 0);
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24);
  const distance = mean - statistic;
  return 2 * normalTail(Math.abs(distance - 0.5 * Math.sign(distance)) / deviation);
}

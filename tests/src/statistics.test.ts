import { readFileSync } from 'node:fs';
import {
  cohensDz,
  holm,
  normalTail,
  rankBiserial,
  studentQuantile,
  wilcoxonSignedRank,
} from '@mmsr/report';

/** What scipy and statsmodels compute; see tests/golden/README.md. */
interface Golden {
  readonly wilcoxon: readonly {
    readonly name: string;
    readonly differences: readonly number[];
    readonly statistic: number;
    readonly pValue: number;
    readonly rankBiserial: number;
    readonly cohensDz: number;
  }[];
  readonly holm: readonly {
    readonly pValues: readonly number[];
    readonly adjusted: readonly number[];
  }[];
  readonly normalTail: readonly (readonly [number, number])[];
  readonly studentQuantile: readonly (readonly [number, number, number])[];
}

const golden = JSON.parse(
  readFileSync(new URL('../golden/statistics.json', import.meta.url), 'utf8'),
) as Golden;

/** Relative, so that small p values count as much as large ones. */
function expectClose(actual: number | null, expected: number): void {
  const deviation = Math.abs((actual ?? NaN) - expected) / Math.max(Math.abs(expected), 1e-300);
  expect({ actual, expected, close: deviation <= 1e-9 }).toEqual({ actual, expected, close: true });
}

test.each(golden.wilcoxon.map((one) => [one.name, one] as const))(
  "Wilcoxon's test and effect sizes are scipy's: %s",
  (_, expected) => {
    const test = wilcoxonSignedRank(expected.differences);
    expect(test.statistic).toBe(expected.statistic);
    expectClose(test.pValue, expected.pValue);
    expect(rankBiserial(test)).toBeCloseTo(expected.rankBiserial, 12);
    expect(cohensDz(expected.differences)).toBeCloseTo(expected.cohensDz, 9);
  },
);

test.each(golden.holm)("Holm's adjustment is statsmodels': %j", ({ pValues, adjusted }) => {
  holm(pValues).forEach((p, i) => expectClose(p, adjusted[i] as number));
});

test("the distributions are scipy's", () => {
  for (const [z, tail] of golden.normalTail) expectClose(normalTail(z), tail);
  for (const [tail, df, t] of golden.studentQuantile) expectClose(studentQuantile(tail, df), t);
});

import { holm } from './holm.js';
import { rankBiserial } from './effect-size.js';
import { wilcoxonSignedRank } from './wilcoxon.js';

// Agreement with scipy is tested in tests/src/statistics.test.ts; here is where scipy has no number.

test('without any difference p is 1, however many groups there are', () => {
  for (const groups of [1, 13, 60]) {
    const test = wilcoxonSignedRank(new Array<number>(groups).fill(0));
    expect(test).toMatchObject({ pValue: 1, zeros: groups, method: 'exact' });
    expect(rankBiserial(test)).toBeNull();
  }
});

test('without any group there is no p', () => {
  expect(wilcoxonSignedRank([]).pValue).toBeNull();
});

test('what has no p takes no part in the family', () => {
  expect(holm([0.02, null, 0.03])).toEqual([0.04, null, 0.04]);
});

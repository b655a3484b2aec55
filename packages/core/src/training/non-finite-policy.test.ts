import type { OpenData } from '../contracts/data-pipeline.js';
import type { Experiment } from '../experiment/schema.js';
import { NonFiniteError, type NonFiniteOrigin } from './non-finite.js';
import { NonFinitePolicy } from './non-finite-policy.js';

function policyFor(accumulate: number) {
  const nonFinite = { policy: 'error', limit: 0, learningRateFactor: 1 };
  const experiment = { training: { accumulate, nonFinite } } as Experiment;
  const data = { describePatch: (batch: number, patch: number) => `${patch} of batch ${batch}` };
  return new NonFinitePolicy(experiment, { value: 1 }, data as OpenData);
}

test.each([
  ['the first of two batches of step 3', 0, '0 of batch 4; 2 of batch 4'],
  ['the second of two batches of step 3', 1, '0 of batch 5; 2 of batch 5'],
])('the patches are those of %s', (_, slot, patches) => {
  const origin: NonFiniteOrigin = {
    slot,
    layer: 'first.weight',
    operation: 'Conv2D',
    pass: 'forward',
    patches: [0, 2],
  };
  expect(() => policyFor(2).judge(new NonFiniteError('the loss is NaN', 3, origin))).toThrow(
    `the loss is NaN, in the patches ${patches}`,
  );
});

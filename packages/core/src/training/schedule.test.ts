import { learningRateSchedule } from './schedule.js';

// Values of torch 2's MultiStepLR and CosineAnnealingLR before each optimizer step.
describe('learningRateSchedule', () => {
  test('constant', () => {
    const rate = learningRateSchedule({ name: 'constant', warmupSteps: 0 }, 0.1, 10);
    expect([1, 5, 10].map(rate)).toEqual([0.1, 0.1, 0.1]);
  });

  test('multistep falls after a milestone of steps is done', () => {
    const rate = learningRateSchedule(
      { name: 'multistep', milestones: [2, 4], gamma: 0.5, warmupSteps: 0 },
      1,
      10,
    );
    expect([1, 2, 3, 4, 5, 6].map(rate)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  });

  test('cosine falls from the rate to the minimum', () => {
    const rate = learningRateSchedule({ name: 'cosine', minimumFactor: 0.1, warmupSteps: 0 }, 1, 4);
    const expected = [0, 1, 2, 3].map((n) => 0.1 + (0.9 * (1 + Math.cos((Math.PI * n) / 4))) / 2);
    [1, 2, 3, 4].forEach((step, i) => expect(rate(step)).toBeCloseTo(expected[i] as number, 12));
  });

  test('warm-up rises linearly, and the cosine begins after it', () => {
    const rate = learningRateSchedule({ name: 'cosine', minimumFactor: 0, warmupSteps: 4 }, 1, 8);
    expect([1, 2, 3, 4, 5].map(rate)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(rate(7)).toBeCloseTo(0.5, 12);
  });
});

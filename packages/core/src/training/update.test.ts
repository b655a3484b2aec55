import { adamUpdate, globalNorm, updateAverage } from './update.js';

const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Five updates of p = [1, -2, 0.5] with the gradient 2 p - 0.3. */
function descend(weightDecay: number, decoupledWeightDecay: boolean): number[] {
  const parameter = Float32Array.of(1, -2, 0.5);
  const moments = [new Float32Array(3), new Float32Array(3)] as const;
  for (let step = 1; step <= 5; step++) {
    const gradient = parameter.map((value) => 2 * value - 0.3);
    const all = { ...settings, weightDecay, decoupledWeightDecay };
    adamUpdate(parameter, gradient, ...moments, all, 0.1, step);
  }
  return [...parameter];
}

// The rule of torch.optim.Adam and AdamW, carried out in float64.
test.each([
  ['adam', 0, false, [0.5103796631556158, -1.5026918103983673, 0.05980614273986187]],
  ['adam, decay', 0.1, false, [0.5102351455152742, -1.5027033358963304, 0.05720045263551332]],
  ['adamw', 0.1, true, [0.47280525192864997, -1.4152242633177934, 0.05032457863642084]],
])('%s makes the updates of torch.optim', (_, decay, decoupled, expected) => {
  descend(decay, decoupled).forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(3e-7);
  });
});

test('the global norm is over all gradients together', () => {
  const gradients = new Map([
    ['a', Float32Array.of(3)],
    ['b', Float32Array.of(0, 4)],
  ]);
  expect(globalNorm(gradients)).toBe(5);
});

test('the average forgets the initial weights at once, then follows slowly', () => {
  const average = Float32Array.of(0);
  updateAverage(average, Float32Array.of(1), 0.999, 1);
  expect(average[0]).toBeCloseTo(1 - 2 / 11, 6);
  updateAverage(average, Float32Array.of(0), 0.5, 100000);
  expect(average[0]).toBeCloseTo((1 - 2 / 11) / 2, 6);
});

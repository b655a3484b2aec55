import type { NamedArrays, OptimizerSettings } from '../contracts/train-step.js';

/** The Euclidean norm of all gradients together. */
export function globalNorm(gradients: NamedArrays): number {
  let sum = 0;
  for (const gradient of gradients.values()) {
    for (const value of gradient) sum += value * value;
  }
  return Math.sqrt(sum);
}

/** Multiplies every gradient in place. */
export function scaleGradients(gradients: NamedArrays, factor: number): void {
  for (const gradient of gradients.values()) {
    for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * factor;
  }
}

/** Adds `more` to `sum` in place. */
export function addGradients(sum: NamedArrays, more: NamedArrays): void {
  for (const [name, gradient] of sum) {
    const other = more.get(name) as Float32Array;
    for (let i = 0; i < gradient.length; i++) {
      gradient[i] = (gradient[i] as number) + (other[i] as number);
    }
  }
}

/**
 * One Adam or AdamW update in place, as torch.optim does it:
 * p -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
 * @param step counted from 1
 */
export function adamUpdate(
  parameter: Float32Array,
  gradient: Float32Array,
  firstMoment: Float32Array,
  secondMoment: Float32Array,
  settings: OptimizerSettings,
  learningRate: number,
  step: number,
): void {
  const { beta1, beta2, epsilon, weightDecay, decoupledWeightDecay } = settings;
  const stepSize = learningRate / (1 - beta1 ** step);
  const rootCorrection = Math.sqrt(1 - beta2 ** step);
  const shrink = decoupledWeightDecay ? 1 - learningRate * weightDecay : 1;
  const coupledDecay = decoupledWeightDecay ? 0 : weightDecay;
  for (let i = 0; i < parameter.length; i++) {
    const value = parameter[i] as number;
    const slope = (gradient[i] as number) + coupledDecay * value;
    const m = beta1 * (firstMoment[i] as number) + (1 - beta1) * slope;
    const v = beta2 * (secondMoment[i] as number) + (1 - beta2) * slope * slope;
    firstMoment[i] = m;
    secondMoment[i] = v;
    parameter[i] = value * shrink - (stepSize * m) / (Math.sqrt(v) / rootCorrection + epsilon);
  }
}

/**
 * Moves the average towards the weights: decay min(ema, (1 + t) / (10 + t)), so that the random initial
 * weights are soon forgotten (as TensorFlow's ExponentialMovingAverage does with num_updates).
 * @param step counted from 1
 */
export function updateAverage(
  average: Float32Array,
  parameter: Float32Array,
  ema: number,
  step: number,
): void {
  const decay = Math.min(ema, (1 + step) / (10 + step));
  for (let i = 0; i < average.length; i++) {
    const value = average[i] as number;
    average[i] = value + (1 - decay) * ((parameter[i] as number) - value);
  }
}

import type { StepReport } from '../contracts/train-step.js';
import type { LoopState } from './loop-state.js';

/** Means of the losses of some steps. */
export class LossAverage {
  #sums: Record<string, number> = {};
  #steps = 0;

  add({ total, terms, gradientNorm }: StepReport): void {
    this.#steps++;
    for (const [name, value] of Object.entries({ loss: total, ...terms, gradientNorm })) {
      this.#sums[name] = (this.#sums[name] ?? 0) + value;
    }
  }

  /** The means since the last call. */
  take(): Record<string, number> {
    const entries = Object.entries(this.#sums).map(([name, sum]) => [name, sum / this.#steps]);
    this.#sums = {};
    this.#steps = 0;
    return Object.fromEntries(entries) as Record<string, number>;
  }

  /** What {@link restore} needs to go on in another process, bit for bit. */
  state(): LoopState['losses'] {
    return { steps: this.#steps, sums: { ...this.#sums } };
  }

  restore({ steps, sums }: LoopState['losses']): void {
    this.#steps = steps;
    this.#sums = { ...sums };
  }
}

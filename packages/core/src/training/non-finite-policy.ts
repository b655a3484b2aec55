import type { OpenData } from '../contracts/data-pipeline.js';
import type { TrainStep } from '../contracts/train-step.js';
import { MmsrError } from '../errors.js';
import type { Experiment } from '../experiment/schema.js';
import type { LoopState } from './loop-state.js';
import { NonFiniteError } from './non-finite.js';

/** The learning rate's factor, which the training step's definition reads at every step. */
export interface LearningRateFactor {
  value: number;
}

/** What to do after a step that was refused. */
export type Verdict = { readonly action: 'skip' | 'rollback'; readonly message: string };

/** Decides what becomes of a run when a loss or gradient is not finite, and keeps count. */
export class NonFinitePolicy {
  #count = 0;

  constructor(
    private readonly experiment: Experiment,
    private readonly factor: LearningRateFactor,
    private readonly data: OpenData,
  ) {}

  state(): Pick<LoopState, 'nonFinite' | 'learningRateFactor'> {
    return { nonFinite: this.#count, learningRateFactor: this.factor.value };
  }

  restore({ nonFinite, learningRateFactor }: LoopState): void {
    this.#count = nonFinite;
    this.factor.value = learningRateFactor;
  }

  /** Whether a run needs a checkpoint before its first step. */
  get needsBeginning(): boolean {
    return this.experiment.training.nonFinite.policy === 'rollback';
  }

  /**
   * Lowers the learning rate where that is the policy.
   * @throws the error, with the images named, when that is the policy or the limit is reached
   */
  judge(error: unknown): Verdict {
    if (!(error instanceof NonFiniteError)) throw error;
    const { policy, limit, learningRateFactor } = this.experiment.training.nonFinite;
    const problem = `${error.message}${this.#patchesOf(error)}`;
    if (policy === 'error') throw new NonFiniteError(problem, error.step, error.origin);
    this.#count++;
    if (this.#count > limit) {
      throw new MmsrError('E_NON_FINITE', `${problem}; that was once more than ${limit} times`, {
        where: 'training.nonFinite.limit',
        advice: 'Lower optimizer.learningRate, set training.clipNorm, or raise the limit.',
      });
    }
    if (policy === 'skip') return { action: 'skip', message: `${problem}; the step was skipped` };
    this.factor.value *= learningRateFactor;
    const message = `${problem}; back to the newest checkpoint, the learning rate times ${this.factor.value}`;
    return { action: 'rollback', message };
  }

  /** Such as `, in the patches of tumor-3.svs at 20x (x 120, y 88)`. */
  #patchesOf({ step, origin }: NonFiniteError): string {
    if (origin === undefined || origin.patches.length === 0) return '';
    const { accumulate } = this.experiment.training;
    const batch = (step - 1) * accumulate + origin.slot;
    const names = origin.patches.map(
      (patch) => this.data.describePatch?.(batch, patch) ?? `number ${patch}`,
    );
    const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
    return `, in the patches ${names.slice(0, 4).join('; ')}${more}`;
  }
}

/** Counts a step that updates nothing. */
export async function skipStep(step: TrainStep): Promise<void> {
  const state = await step.exportState();
  await step.importState({ ...state, step: state.step + 1 });
}

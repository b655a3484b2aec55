/**
 * What a resumed run must know beside weights and moments, so that it goes on as if it had never been
 * stopped.
 */
export interface LoopState {
  /** Of the losses since the last line of events.jsonl: over how many steps, and their sums. */
  readonly losses: { readonly steps: number; readonly sums: Readonly<Record<string, number>> };
  /** False where the validation of this step was broken off. */
  readonly validated: boolean;
  /** Means over the validation images, where this step was validated: psnr in dB, ssim and accuracy in 0..1. */
  readonly validation?: Readonly<Record<string, number>>;
  /** How often a loss or gradient was not finite. */
  readonly nonFinite: number;
  /** What rollbacks made of the learning rate. */
  readonly learningRateFactor: number;
}

/** Of a run that begins. */
export const NEW_LOOP: LoopState = {
  losses: { steps: 0, sums: {} },
  validated: true,
  nonFinite: 0,
  learningRateFactor: 1,
};

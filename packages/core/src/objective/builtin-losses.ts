import type { LossPlugin } from '../contracts/loss.js';
import { charbonnierLoss } from './losses/charbonnier.js';
import { crossEntropyLoss } from './losses/cross-entropy.js';
import { focalLoss } from './losses/focal.js';
import { l1Loss } from './losses/l1.js';
import { mseLoss } from './losses/mse.js';
import { ssimLoss } from './losses/ssim.js';

/** The losses that come with core, listed by hand. */
export const builtinLosses: readonly LossPlugin[] = [
  l1Loss,
  charbonnierLoss,
  mseLoss,
  ssimLoss,
  crossEntropyLoss,
  focalLoss,
];

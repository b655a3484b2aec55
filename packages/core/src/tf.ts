/**
 * tfjs as all of mmsr uses it: one instance in the process. @tensorflow/tfjs is imported for what it
 * registers, the gradients, which tfjs-core alone has not.
 */
import '@tensorflow/tfjs';
import { enableProdMode } from '@tensorflow/tfjs-core';

export * from '@tensorflow/tfjs-core';

// Its CPU backend otherwise advises on standard error to install another package.
enableProdMode();

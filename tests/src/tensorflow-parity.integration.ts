import { tensorflowEngine } from '@mmsr/engine-tensorflow';
import { describeParity } from './parity.js';
import { describeStepParity } from './step-parity.js';

describeParity(tensorflowEngine);
describeStepParity(tensorflowEngine);

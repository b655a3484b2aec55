import { cpuEngine } from '@mmsr/engine-wasm';
import { describeParity } from './parity.js';

describeParity(cpuEngine, false);

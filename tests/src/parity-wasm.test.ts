import { wasmEngine } from '@mmsr/engine-wasm';
import { describeParity } from './parity.js';

describeParity(wasmEngine);

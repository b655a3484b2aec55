export { wasmEngine, wasmEngine as default } from './wasm-engine.js';
export { cpuEngine } from './cpu-engine.js';

export { swinir as default, swinir } from './swinir.js';
export { SwinirConfig, type SwinirOptions } from './config.js';

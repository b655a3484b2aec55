export { rcan as default, rcan, RcanConfig, type RcanOptions } from './rcan.js';

export { edsr as default, edsr, EdsrConfig, type EdsrOptions } from './edsr.js';

import 'reflect-metadata';

export * as tf from '@tensorflow/tfjs-core';
export { Type, type Static, type TObject, type TSchema } from 'typebox';

export * from './errors.js';
export * from './contracts/plugin.js';
export * from './contracts/forward-pass.js';
export * from './contracts/backbone.js';
export * from './contracts/head.js';
export * from './contracts/loss.js';
export * from './contracts/source.js';
export * from './contracts/degradation.js';
export * from './contracts/engine.js';
export * from './contracts/train-step.js';
export * from './contracts/tracker.js';
export * from './contracts/launcher.js';
export * from './contracts/data-pipeline.js';
export * from './plugins/define.js';
export * from './experiment/schema.js';
export * from './images/rgb-image.js';
export { randomStream, type RandomStream } from './random/random-stream.js';
export * from './model/parameter-scope.js';
export * from './model/initializers.js';
export * from './model/layers.js';

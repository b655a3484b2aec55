export { tensorflowEngine, TensorflowOptions } from './engine.js';
export { locateLibrary, type LocatedLibrary } from './library/locate.js';
export { tensorflowPart } from './install/tensorflow-part.js';

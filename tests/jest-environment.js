import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

const SHARED = [
  'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray',
  'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array',
  'BigInt64Array', 'BigUint64Array', 'WebAssembly', 'Error', 'TypeError', 'RangeError', 'SyntaxError',
]; // prettier-ignore

// The sandbox's process.env is a copy: what a native library reads must be set here.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

/**
 * jest's sandbox has typed arrays and errors of its own, so what comes from native code, WebAssembly,
 * another thread or Node itself fails every instanceof check there. This one uses Node's.
 */
export default class Environment extends NodeEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
}

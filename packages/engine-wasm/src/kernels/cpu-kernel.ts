import { tf } from '@mmsr/core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { Kernel } from './kernel.js';
import type { Runtime, TensorInfo } from './runtime.js';

/** A kernel of tfjs's cpu backend for tensors on the WebAssembly heap, which are copied out and in. */
export function cpuKernel(runtime: Runtime, name: string): Kernel {
  const { kernelFunc } = tf.getKernel(name, 'cpu');
  return ({ inputs, attrs }) => {
    const cpu = new MathBackendCPU();
    // Einsum and its like have an array of inputs in the place of names.
    const copies = (Array.isArray(inputs) ? [] : {}) as tf.NamedTensorInfoMap;
    for (const [key, input] of Object.entries(inputs)) {
      if (input !== undefined) copies[key] = copyOut(runtime, input, cpu);
    }
    const output = kernelFunc({ inputs: copies, attrs, backend: cpu });
    return Array.isArray(output)
      ? output.map((one) => copyIn(runtime, one, cpu))
      : copyIn(runtime, output, cpu);
  };
}

function copyOut(runtime: Runtime, { dataId, shape, dtype }: TensorInfo, cpu: MathBackendCPU) {
  const values = runtime.backend.readSync(dataId);
  return cpu.makeTensorInfo(shape, dtype, values as Float32Array);
}

function copyIn(runtime: Runtime, output: TensorInfo, cpu: MathBackendCPU): TensorInfo {
  const { shape, dtype } = output;
  const values = cpu.readSync(output.dataId);
  return runtime.backend.makeOutput(shape, dtype, undefined, values);
}

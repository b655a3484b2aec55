import { tf } from '@mmsr/core';
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput } from './convolution-kernels.js';
import { cpuKernel } from './cpu-kernel.js';
import type { Kernel, KernelFactory } from './kernel.js';
import { batchMatMul } from './matrix-kernels.js';
import { transpose } from './permute-kernels.js';
import type { Runtime } from './runtime.js';
import { unsortedSegmentSum } from './segment-kernels.js';
import { cast, identity } from './sharing-kernels.js';
import { mean, sum } from './sum-kernels.js';

const BACKEND = 'wasm';

const FACTORIES: Readonly<Record<string, KernelFactory>> = {
  Conv2D: conv2D,
  Conv2DBackpropInput: conv2DBackpropInput,
  Conv2DBackpropFilter: conv2DBackpropFilter,
  BatchMatMul: batchMatMul,
  Transpose: transpose,
  Sum: sum,
  Mean: mean,
  UnsortedSegmentSum: unsortedSegmentSum,
  Identity: identity,
  Cast: cast,
};

/**
 * Kernels of tfjs 4.22's wasm backend that give wrong values: a negative maximum gets no gradient, oneHot
 * of floats holds the bits of integers, and the fused bias of a transposed product is that of one column.
 * The cpu backend's take their place; operations.test.ts compares.
 */
const WRONG = ['_FusedMatMul', 'MaxPoolGrad', 'OneHot'];

/** Kernels of tfjs's cpu backend that its wasm backend lacks: slow, but there. */
function missingKernels(): string[] {
  const present = new Set(tf.getKernelsForBackend(BACKEND).map(({ kernelName }) => kernelName));
  return tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => !present.has(name));
}

/**
 * Puts the kernels of this package in the place of tfjs's.
 * @returns what puts tfjs's back
 */
export function registerKernels(runtime: Runtime): () => void {
  const names = new Set([...Object.keys(FACTORIES), ...WRONG, ...missingKernels()]);
  const undo = [...names].map((name) => {
    const original = tf.getKernel(name, BACKEND) as tf.KernelConfig | undefined;
    const usable = original !== undefined && !WRONG.includes(name);
    const other = usable ? tfjsKernel(runtime, original) : cpuKernel(runtime, name);
    const kernel = FACTORIES[name]?.(runtime, other) ?? other;
    if (original !== undefined) tf.unregisterKernel(name, BACKEND);
    tf.registerKernel({
      kernelName: name,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs }) => kernel({ inputs, attrs: attrs ?? {} }),
    });
    return () => {
      tf.unregisterKernel(name, BACKEND);
      if (original !== undefined) tf.registerKernel(original);
    };
  });
  return () => undo.forEach((restore) => restore());
}

function tfjsKernel(runtime: Runtime, { kernelFunc, setupFunc }: tf.KernelConfig): Kernel {
  setupFunc?.(runtime.backend);
  return ({ inputs, attrs }) => kernelFunc({ inputs, attrs, backend: runtime.backend });
}

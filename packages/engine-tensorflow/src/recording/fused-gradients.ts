import { tf } from '@mmsr/core';
import type { BindingAttribute } from '../native/binding.js';
import type { NodeBackend } from '../native/node-backend.js';

/**
 * Gradients for which TensorFlow has one operation and tfjs has many: that of relu alone is five. They
 * hold while `record` runs.
 */
export function withFusedGradients<T>(backend: NodeBackend, record: () => T): T {
  const replaced = fusedGradients(backend).map((gradient) => {
    const original = tf.getGradient(gradient.kernelName);
    tf.registerGradient(gradient);
    return original;
  });
  try {
    return record();
  } finally {
    for (const original of replaced) tf.registerGradient(original);
  }
}

function fusedGradients(backend: NodeBackend): tf.GradConfig[] {
  const floats = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT };
  const alpha = (value: unknown) => ({ name: 'alpha', type: backend.binding.TF_ATTR_FLOAT, value });
  const run = (name: string, attributes: BindingAttribute[], inputs: readonly unknown[]) =>
    backend.executeSingleOutput(name, attributes, inputs as readonly tf.Tensor[]);
  return [
    ...['Sum', 'Mean'].map((kernelName) => reductionGradient(backend, kernelName)),
    {
      kernelName: 'Relu',
      outputsToSave: [true],
      // relu(x) and x are greater than 0 in the same places, and x need not be kept.
      gradFunc: (dy, [y]) => ({ x: () => run('ReluGrad', [floats], [dy, y]) }),
    },
    {
      kernelName: 'Sigmoid',
      outputsToSave: [true],
      gradFunc: (dy, [y]) => ({ x: () => run('SigmoidGrad', [floats], [y, dy]) }),
    },
    {
      kernelName: 'LeakyRelu',
      inputsToSave: ['x'],
      outputsToSave: [true],
      // y has the sign of x, if the slope has one: x need not be kept beside it.
      gradFunc: (dy, [x, y], { alpha: slope }) => ({
        x: () => run('LeakyReluGrad', [floats, alpha(slope)], [dy, (slope as number) >= 0 ? y : x]),
      }),
    },
  ];
}

/** Of a sum or mean: spread over what was reduced, without an image of ones to multiply by. */
function reductionGradient(backend: NodeBackend, kernelName: string): tf.GradConfig {
  const { TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = backend.binding;
  const attributes = [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: 'Tidx', type: TF_ATTR_TYPE, value: TF_INT32 },
  ];
  return {
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => {
      const { shape } = x as tf.Tensor;
      const axes = tf.util.parseAxisParam(axis as number | number[], shape);
      const kept = shape.map((side, i) => (axes.includes(i) ? 1 : side));
      const count = axes.reduce((product, i) => product * (shape[i] as number), 1);
      const spread = () => {
        const expanded = tf.reshape(dy as tf.Tensor, kept);
        const part = kernelName === 'Mean' ? tf.div(expanded, count) : expanded;
        const size = tf.tensor1d(shape, 'int32');
        return backend.executeSingleOutput('BroadcastTo', attributes, [part, size]);
      };
      return { x: spread };
    },
  };
}

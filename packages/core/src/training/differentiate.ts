import * as tf from '../tf.js';
import type { BatchTensors, TrainStepDefinition } from '../contracts/train-step.js';
import type { ForwardPass } from '../contracts/forward-pass.js';
import type { Parameter } from '../model/parameter-scope.js';

/** Tensors that are the caller's to dispose of. */
export interface Differentiated {
  readonly total: tf.Scalar;
  readonly terms: readonly (readonly [string, tf.Scalar])[];
  /** Of the trainable parameters that the loss depends on; others, as in PyTorch, have none. */
  readonly gradients: readonly { readonly parameter: Parameter; readonly gradient: tf.Tensor }[];
}

/** The loss of one batch, its parts, and its gradients. */
export function differentiate(
  { loss, parameters }: Pick<TrainStepDefinition, 'loss' | 'parameters'>,
  batch: BatchTensors,
  pass: ForwardPass,
): Differentiated {
  const { trainable } = parameters;
  let terms: [string, tf.Scalar][] = [];
  const { value, grads } = tf.variableGrads(
    () => {
      const losses = loss(batch, pass);
      terms = Object.entries(losses.terms).map(([name, term]) => [name, tf.keep(tf.clone(term))]);
      return losses.total;
    },
    trainable.map(({ variable }) => variable),
  );
  const gradients = trainable.flatMap((parameter) => {
    const gradient = grads[parameter.variable.name] as tf.Tensor | undefined;
    return gradient === undefined ? [] : [{ parameter, gradient }];
  });
  return { total: value, terms, gradients };
}

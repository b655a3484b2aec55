import * as tf from '../tf.js';
import type { Scalar } from '@tensorflow/tfjs-core';
import type { BatchTensors, Diagnosis } from '../contracts/train-step.js';
import type { ForwardPass } from '../contracts/forward-pass.js';
import type { Parameter, ParameterScope } from '../model/parameter-scope.js';

/** The loss of each task as it enters the sum that training lowers, weight included. */
export type TaskLosses = (batch: BatchTensors, pass: ForwardPass) => Record<string, Scalar>;

type Gradients = Readonly<Record<string, tf.Tensor | undefined>>;

/** Smaller norms count as this, so that a task without any gradient has a cosine of 0. */
const SMALLEST_NORM = 1e-30;
const ALL = 'all';

/**
 * How the tasks pull at the parameters they share: the norm of each task's gradient there and the cosine of
 * the angle between two tasks, over all of them and by stage. A negative cosine says that a step for one
 * task undoes part of the other's (Yu et al., NeurIPS 2020, call it conflicting).
 * @param tasks names of the tasks in `losses`
 * @returns measures named `taskGradients.STAGE.norm.TASK` and `taskGradients.STAGE.cosine`, in -1..1; the
 *   latter where there are two tasks
 */
export function taskGradients(
  parameters: Pick<ParameterScope, 'trainable'>,
  tasks: readonly string[],
  losses: TaskLosses,
): Diagnosis {
  return (batch, pass) => {
    const { trainable } = parameters;
    const variables = trainable.map(({ variable }) => variable);
    const gradients = tasks.map((task): Gradients => {
      const { grads } = tf.variableGrads(() => losses(batch, pass)[task] as Scalar, variables);
      return grads;
    });
    const shared = trainable.filter(({ variable }) =>
      gradients.every((ofTask) => ofTask[variable.name] !== undefined),
    );
    const measures: Record<string, Scalar> = {};
    for (const [stage, members] of stagesOf(shared)) {
      Object.assign(measures, measureStage(stage, members, tasks, gradients));
    }
    return measures;
  };
}

function stagesOf(shared: readonly Parameter[]): Map<string, Parameter[]> {
  const stages = new Map<string, Parameter[]>([[ALL, [...shared]]]);
  for (const parameter of shared) {
    const stage = stageOf(parameter.name);
    stages.set(stage, [...(stages.get(stage) ?? []), parameter]);
  }
  return stages;
}

/**
 * The stage of a backbone that a parameter belongs to: the first part of its name, with the number that
 * may follow, such as `body.3` of `body.3.body.0.weight`.
 */
export function stageOf(name: string): string {
  const [first = '', second = '', third] = name.split('.');
  return /^\d+$/.test(second) && third !== undefined ? `${first}.${second}` : first;
}

function measureStage(
  stage: string,
  members: readonly Parameter[],
  tasks: readonly string[],
  gradients: readonly Gradients[],
): Record<string, Scalar> {
  const vectors = gradients.map((ofTask) =>
    members.map(({ variable }) => ofTask[variable.name] as tf.Tensor),
  );
  const norms = vectors.map((vector) => tf.sqrt(dot(vector, vector)));
  const measures = Object.fromEntries(
    tasks.map((task, i) => [`taskGradients.${stage}.norm.${task}`, norms[i] as Scalar]),
  );
  const [a, b] = vectors;
  if (a === undefined || b === undefined) return measures;
  const cosine = norms.reduce<Scalar>(
    (value, norm) => tf.div(value, tf.maximum(norm, SMALLEST_NORM)),
    dot(a, b),
  );
  return { ...measures, [`taskGradients.${stage}.cosine`]: cosine };
}

function dot(a: readonly tf.Tensor[], b: readonly tf.Tensor[]): Scalar {
  const parts = a.map((one, i) => tf.sum<Scalar>(tf.mul(one, b[i] as tf.Tensor)));
  return tf.sum(tf.stack(parts));
}

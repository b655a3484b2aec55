import * as tf from '../tf.js';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { MagnificationLoss, SuperResolutionLoss } from '../contracts/loss.js';
import { zeros } from '../model/initializers.js';
import type { ModelPrediction } from '../model/multi-task-model.js';
import type { Parameter, ParameterScope } from '../model/parameter-scope.js';

export interface ObjectiveDefinition {
  readonly superResolution: { readonly loss: SuperResolutionLoss; readonly weight: number };
  /** Undefined without a head. */
  readonly magnification: { readonly loss: MagnificationLoss; readonly weight: number } | undefined;
  /** fixed: sum of weight * loss. uncertainty: the weights are learned as well. */
  readonly weighting: 'fixed' | 'uncertainty';
}

export interface ObjectiveTarget {
  /** [N, H, W, 3] in 0..1 */
  readonly hr: Tensor4D;
  /** [N] class indices, int32 */
  readonly magnification: Tensor1D;
}

/** The scalar that training lowers and the terms it is made of, unweighted. */
export interface ObjectiveValue {
  readonly total: Scalar;
  readonly terms: Record<string, Scalar>;
  /** The loss of each task with its weight, as it enters the total. */
  readonly tasks: Record<string, Scalar>;
}

export type Objective = (prediction: ModelPrediction, target: ObjectiveTarget) => ObjectiveValue;

/** Parameters of the objective begin with this. */
export const OBJECTIVE_SCOPE = 'objective';

/**
 * Joins the losses of both tasks. With `uncertainty` each task has a learned s = log(sigma^2) and the
 * total is sum of weight * factor * exp(-s) * loss + s / 2, factor 1/2 for super-resolution (regression)
 * and 1 for classification: Kendall, Gal, Cipolla, CVPR 2018, equation 10. Without a head there is
 * nothing to balance, and the weighting stays fixed.
 */
export function createObjective(
  definition: ObjectiveDefinition,
  parameters: ParameterScope,
): Objective {
  const { superResolution, magnification } = definition;
  if (magnification === undefined) {
    return ({ sr }, { hr }) => {
      const loss = superResolution.loss(sr, hr);
      const total = tf.mul<Scalar>(loss, superResolution.weight);
      return { total, terms: { superResolution: loss }, tasks: { superResolution: total } };
    };
  }
  const weigh = definition.weighting === 'fixed' ? weighFixed : weighByUncertainty(parameters);
  return ({ sr, logits }, target) => {
    if (logits === undefined)
      throw new Error('the objective has a magnification loss but no logits');
    const losses = [
      superResolution.loss(sr, target.hr),
      magnification.loss(logits, target.magnification),
    ] as const;
    const { weighted, terms } = weigh(losses, [superResolution.weight, magnification.weight]);
    return {
      total: tf.add(weighted[0], weighted[1]),
      terms: { superResolution: losses[0], magnification: losses[1], ...terms },
      tasks: { superResolution: weighted[0], magnification: weighted[1] },
    };
  };
}

type Pair<T> = readonly [T, T];
type Weighing = (
  losses: Pair<Scalar>,
  weights: Pair<number>,
) => { readonly weighted: Pair<Scalar>; readonly terms: Record<string, Scalar> };

const weighFixed: Weighing = (losses, weights) => ({
  weighted: [tf.mul(losses[0], weights[0]), tf.mul(losses[1], weights[1])],
  terms: {},
});

function weighByUncertainty(parameters: ParameterScope): Weighing {
  const scope = parameters.scope(OBJECTIVE_SCOPE);
  const superResolution = scope.parameter('superResolution.logVariance', [], zeros);
  const magnification = scope.parameter('magnification.logVariance', [], zeros);
  const weighted = (loss: Scalar, weight: number, logVariance: Parameter): Scalar => {
    const s = logVariance.read<tf.Rank.R0>();
    return tf.add(tf.mul(tf.mul(loss, weight), tf.exp(tf.neg(s))), tf.mul(s, 0.5));
  };
  return (losses, weights) => ({
    weighted: [
      weighted(losses[0], weights[0] / 2, superResolution),
      weighted(losses[1], weights[1], magnification),
    ],
    terms: {
      superResolutionLogVariance: superResolution.read<tf.Rank.R0>(),
      magnificationLogVariance: magnification.read<tf.Rank.R0>(),
    },
  });
}

import * as tf from '../tf.js';
import type { Inference, InferenceDefinition, Prediction } from '../contracts/engine.js';
import { assertMatch } from './named-arrays.js';
import { evaluationPass } from './training-pass.js';

/** Inference that runs the definition operation by operation on the current tfjs backend. */
export function createEagerInference(definition: InferenceDefinition): Inference {
  const { parameters } = definition;
  return {
    load: (values) => {
      assertMatch(parameters.all, values, 'weights');
      for (const parameter of parameters.all) {
        parameter.assign(values.get(parameter.name) as Float32Array);
      }
      return Promise.resolve();
    },
    predict: async (lr, shape): Promise<Prediction> => {
      const { sr, logits } = tf.tidy(() => {
        return definition.forward(tf.tensor4d(lr, [...shape]), evaluationPass);
      });
      const prediction = {
        sr: Float32Array.from(await sr.data<'float32'>()),
        ...(logits === undefined
          ? {}
          : { logits: Float32Array.from(await logits.data<'float32'>()) }),
      };
      tf.dispose([sr, logits]);
      return prediction;
    },
    dispose: () => parameters.dispose(),
  };
}

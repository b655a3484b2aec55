import { tf, truncatedNormal, type ParameterScope } from '@mmsr/core';

/**
 * A learned value for each position of an LR patch of side `px`: `absolute_pos_embed` of the reference,
 * which takes images of that size alone. For others it is resized bilinearly.
 * @returns what gives the embedding [1, height, width, features]
 */
export function positionEmbedding(
  parameters: ParameterScope,
  px: number,
  features: number,
): (height: number, width: number) => tf.Tensor4D {
  const shape = [1, px * px, features];
  const embedding = parameters.parameter('absolute_pos_embed', shape, truncatedNormal(0.02));
  return (height, width) => {
    // Twice: interpolate the first axis, then swap the first two. [px, px, C] -> [height, width, C]
    const columnsFirst = resizeAndSwap(tf.reshape(embedding.read(), [px, px, features]), height);
    return tf.expandDims(resizeAndSwap(columnsFirst, width), 0);
  };
}

/** [A, B, C] to [B, length, C] */
function resizeAndSwap(x: tf.Tensor3D, length: number): tf.Tensor3D {
  const [rows, columns, channels] = x.shape;
  const flat = tf.reshape(x, [rows, columns * channels]);
  const resized = rows === length ? flat : tf.matMul(interpolation(rows, length), flat);
  return tf.transpose(tf.reshape(resized, [length, columns, channels]), [1, 0, 2]);
}

/** The matrix [to, from] that interpolates linearly between the centres of pixels. */
function interpolation(from: number, to: number): tf.Tensor2D {
  const values = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const below = Math.floor(centre);
    const above = Math.min(below + 1, from - 1);
    values[i * from + below] = 1 - (centre - below);
    if (above > below) values[i * from + above] = centre - below;
  }
  return tf.tensor2d(values, [to, from]);
}

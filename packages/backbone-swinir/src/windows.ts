import { tf } from '@mmsr/core';

/*
 * Images [N, H, W, C] cut into square windows, H and W multiples of their side. A window's pixels are
 * rows of a matrix, window after window: [N * windows * side * side, C].
 */

/** What the blocks share in one pass over images of one size. */
export interface WindowPlan {
  /** For each pair of pixels of a window, the row of the bias table: int32 [side^4]. */
  readonly relativePosition: tf.Tensor1D;
  /**
   * For shifted windows, -100 where two pixels are not neighbours in the image, else 0:
   * [windows, 1, side^2, side^2]. Undefined where a side of the image is one window: there is no
   * border between windows that a shift would cross.
   */
  readonly mask: tf.Tensor4D | undefined;
}

export function planWindows(height: number, width: number, side: number): WindowPlan {
  return {
    relativePosition: tf.tensor1d(relativePositions(side), 'int32'),
    mask: Math.min(height, width) > side ? shiftMask(height, width, side) : undefined,
  };
}

/** How far every other block moves its windows. */
export function shiftOf(side: number): number {
  return Math.floor(side / 2);
}

/** Row (dy + side - 1) * (2 side - 1) + (dx + side - 1) of the table, for pixel i and pixel j. */
export function relativePositions(side: number): number[] {
  const pixels = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), i % side]);
  return pixels.flatMap(([y, x]) =>
    pixels.map(([otherY, otherX]) => {
      const dy = (y as number) - (otherY as number) + side - 1;
      const dx = (x as number) - (otherX as number) + side - 1;
      return dy * (2 * side - 1) + dx;
    }),
  );
}

/** After the shift the last windows hold pixels from opposite ends of the image: regions 0, 1 and 2. */
function region(position: number, length: number, side: number): number {
  if (position < length - side) return 0;
  return position < length - shiftOf(side) ? 1 : 2;
}

function shiftMask(height: number, width: number, side: number): tf.Tensor4D {
  const regions = Float32Array.from({ length: height * width }, (_, i) => {
    const y = Math.floor(i / width);
    return 3 * region(y, height, side) + region(i % width, width, side);
  });
  const rows = partition(tf.tensor4d(regions, [1, height, width, 1]), side);
  const pixels = side * side;
  const own = tf.reshape(rows, [-1, 1, pixels, 1]);
  const other = tf.reshape(rows, [-1, 1, 1, pixels]);
  return tf.mul<tf.Tensor4D>(tf.cast(tf.notEqual(own, other), 'float32'), -100);
}

/** [N, H, W, C] to [N * windows * side^2, C] */
export function partition(x: tf.Tensor4D, side: number): tf.Tensor2D {
  const [batch, height, width, channels] = x.shape;
  const [rows, columns] = [height / side, width / side];
  const split = tf.reshape(x, [batch * rows, side, columns, side * channels]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [-1, channels]);
}

/** [N * windows * side^2, C] to the images [N, H, W, C] of `shape`; the inverse of `partition`. */
export function merge(
  x: tf.Tensor2D,
  shape: readonly [number, number, number, number],
  side: number,
): tf.Tensor4D {
  const [batch, height, width, channels] = shape;
  const [rows, columns] = [height / side, width / side];
  const split = tf.reshape(x, [batch * rows, columns, side, side * channels]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [...shape]);
}

/**
 * Moves images up and left by `px`, down and right where it is negative; what leaves comes in at the
 * other side. By split and concat, each of which is the other's gradient.
 */
export function roll(x: tf.Tensor4D, px: number): tf.Tensor4D {
  let y = x;
  for (const axis of [1, 2]) {
    const size = y.shape[axis] as number;
    const first = px < 0 ? size + px : px;
    const [leaving, staying] = tf.split(y, [first, size - first], axis) as [
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    y = tf.concat([staying, leaving], axis);
  }
  return y;
}

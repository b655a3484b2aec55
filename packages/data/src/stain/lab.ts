/*
 * CIE L*a*b* of sRGB with the white point D65, with the constants of scikit-image and torchstain.
 */
const XYZ_OF_RGB = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
] as const;
const WHITE = [0.95047, 1, 1.08883] as const;
const [X, Y, Z] = XYZ_OF_RGB;

/** Linear light of each 8-bit level. */
const LINEAR = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value > 0.04045 ? Math.pow((value + 0.055) / 1.055, 2.4) : value / 12.92;
});

function compress(value: number): number {
  return value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116;
}

function expand(value: number): number {
  return value > 0.2068966 ? value * value * value : (value - 16 / 116) / 7.787;
}

/** L* 0..100, a* and b*: [pixels, 3]. @param data RGB in 8 bits, [pixels, 3] */
export function toLab(data: Uint8Array): Float64Array {
  const lab = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const red = LINEAR[data[i] as number] as number;
    const green = LINEAR[data[i + 1] as number] as number;
    const blue = LINEAR[data[i + 2] as number] as number;
    const x = compress((X[0] * red + X[1] * green + X[2] * blue) / WHITE[0]);
    const y = compress((Y[0] * red + Y[1] * green + Y[2] * blue) / WHITE[1]);
    const z = compress((Z[0] * red + Z[1] * green + Z[2] * blue) / WHITE[2]);
    lab[i] = 116 * y - 16;
    lab[i + 1] = 500 * (x - y);
    lab[i + 2] = 200 * (y - z);
  }
  return lab;
}

/** Back to 8 bits: clipped and rounded. */
export function fromLab(lab: Float64Array): Uint8Array<ArrayBuffer> {
  const data = new Uint8ClampedArray(lab.length);
  for (let i = 0; i < lab.length; i += 3) {
    const middle = ((lab[i] as number) + 16) / 116;
    const x = expand((lab[i + 1] as number) / 500 + middle) * WHITE[0];
    const y = expand(middle) * WHITE[1];
    const z = expand(middle - (lab[i + 2] as number) / 200) * WHITE[2];
    data[i] = 255 * companded(RED[0] * x + RED[1] * y + RED[2] * z);
    data[i + 1] = 255 * companded(GREEN[0] * x + GREEN[1] * y + GREEN[2] * z);
    data[i + 2] = 255 * companded(BLUE[0] * x + BLUE[1] * y + BLUE[2] * z);
  }
  return new Uint8Array(data.buffer);
}

function companded(linear: number): number {
  return linear > 0.0031308 ? 1.055 * Math.pow(linear, 1 / 2.4) - 0.055 : 12.92 * linear;
}

type Row = readonly [number, number, number];

function cross(a: Row, b: Row): Row {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The inverse, by cofactors. */
export function inverse([a, b, c]: readonly [Row, Row, Row]): [Row, Row, Row] {
  const columns = [cross(b, c), cross(c, a), cross(a, b)] as const;
  const determinant = a[0] * columns[0][0] + a[1] * columns[0][1] + a[2] * columns[0][2];
  const row = (k: 0 | 1 | 2): Row => [
    columns[0][k] / determinant,
    columns[1][k] / determinant,
    columns[2][k] / determinant,
  ];
  return [row(0), row(1), row(2)];
}

const [RED, GREEN, BLUE] = inverse(XYZ_OF_RGB);

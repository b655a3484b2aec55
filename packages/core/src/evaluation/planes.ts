import type { RgbImage } from '../images/rgb-image.js';

/** How PSNR and SSIM are computed; stamped on every number. */
export interface MetricProtocol {
  /** rgb: all three channels; y: BT.601 luma in studio range, unrounded, as BasicSR's. */
  readonly color: 'rgb' | 'y';
  /** Border left out on each side, in HR pixels. */
  readonly cropPx: number;
  /** uint8: SR is rounded to 8 bits first; float: it is only clipped. */
  readonly rounding: 'uint8' | 'float';
}

/** One channel of an image, values in 0..255. */
export interface Plane {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Float64Array;
}

/** Interleaved RGB in 0..255, as bytes or as floats. */
export interface RgbValues {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: ArrayLike<number>;
}

/** The channels that the metrics compare, without the border. */
export function toPlanes(image: RgbValues | RgbImage, protocol: MetricProtocol): Plane[] {
  const { cropPx, color } = protocol;
  const widthPx = image.widthPx - 2 * cropPx;
  const heightPx = image.heightPx - 2 * cropPx;
  const channels = color === 'rgb' ? [red, green, blue] : [luma];
  return channels.map((channel) => {
    const data = new Float64Array(widthPx * heightPx);
    for (let y = 0; y < heightPx; y++) {
      for (let x = 0; x < widthPx; x++) {
        const pixel = ((y + cropPx) * image.widthPx + x + cropPx) * 3;
        data[y * widthPx + x] = channel(image.data, pixel);
      }
    }
    return { widthPx, heightPx, data };
  });
}

type Channel = (data: ArrayLike<number>, pixel: number) => number;

const red: Channel = (data, pixel) => data[pixel] as number;
const green: Channel = (data, pixel) => data[pixel + 1] as number;
const blue: Channel = (data, pixel) => data[pixel + 2] as number;

/** BT.601 luma, 16..235 for 0..255. */
const luma: Channel = (data, pixel) =>
  16 +
  (65.481 * red(data, pixel) + 128.553 * green(data, pixel) + 24.966 * blue(data, pixel)) / 255;

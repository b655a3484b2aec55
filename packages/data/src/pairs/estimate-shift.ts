import { MmsrError, type Region, type RgbImage, shrinkByArea } from '@mmsr/core';
import { powerOfTwoBelow } from './fourier.js';
import { type GreyImage, phaseCorrelation, type Shift } from './phase-correlation.js';

/** Sides of the window that is compared: enough for a hundredth of a pixel, and little memory and time. */
const LARGEST_WINDOW_PX = 256;
const SMALLEST_WINDOW_PX = 8;
const STEPS_PER_PX = 100;
/**
 * In cycles per LR pixel, of at most 0.5. Above lie noise, what the optics blurred and what aliasing folded
 * back: on drawn tissue at scale 4, leaving that out lowers errors of up to 0.17 pixels to 0.02.
 */
const HIGHEST_FREQUENCY = 0.35;

/** Reads native pixels of one of the two images. */
type ReadPixels = (region: Region) => Promise<RgbImage>;

/**
 * How far the LR image lies from the HR image, in LR pixels: what lies at (x, y) in the HR image, shrunk by
 * averaging areas, lies at (x + xPx, y + yPx) in the LR image. Both are compared in a window in the middle,
 * as grey with a Hann window on it, to a hundredth of a pixel.
 * @throws MmsrError E_DATA when the LR image has less than 8 pixels on a side
 */
export async function estimateShift(
  lr: { readonly widthPx: number; readonly heightPx: number },
  scale: number,
  readLr: ReadPixels,
  readHr: ReadPixels,
): Promise<Shift> {
  const window = middleOf(lr.widthPx, lr.heightPx);
  const { x, y, width, height } = window;
  const hrWindow = { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
  const [seen, expected] = await Promise.all([readLr(window), readHr(hrWindow)]);
  const shift = phaseCorrelation(
    toGrey(seen),
    toGrey(shrinkByArea(expected, scale)),
    STEPS_PER_PX,
    HIGHEST_FREQUENCY,
  );
  const inSteps = (px: number) => Math.round(px * STEPS_PER_PX) / STEPS_PER_PX;
  return { xPx: inSteps(shift.xPx), yPx: inSteps(shift.yPx) };
}

function middleOf(widthPx: number, heightPx: number): Region {
  if (Math.min(widthPx, heightPx) < SMALLEST_WINDOW_PX) {
    throw new MmsrError(
      'E_DATA',
      `the LR image of ${widthPx}x${heightPx} pixels is too small to be registered`,
      { advice: `It needs ${SMALLEST_WINDOW_PX} pixels on each side.` },
    );
  }
  const width = Math.min(LARGEST_WINDOW_PX, powerOfTwoBelow(widthPx));
  const height = Math.min(LARGEST_WINDOW_PX, powerOfTwoBelow(heightPx));
  const x = Math.floor((widthPx - width) / 2);
  const y = Math.floor((heightPx - height) / 2);
  return { x, y, width, height };
}

/** The mean of the channels less its mean, faded out to the edges, where the two images show other things. */
function toGrey({ widthPx, heightPx, data }: RgbImage): GreyImage {
  const grey = Float64Array.from({ length: widthPx * heightPx }, (_, i) => {
    const [red, green, blue] = data.subarray(i * 3, i * 3 + 3) as unknown as [
      number,
      number,
      number,
    ];
    return (red + green + blue) / 3;
  });
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  const [columns, rows] = [hann(widthPx), hann(heightPx)];
  for (let i = 0; i < grey.length; i++) {
    const fade = (columns[i % widthPx] as number) * (rows[Math.floor(i / widthPx)] as number);
    grey[i] = ((grey[i] as number) - mean) * fade;
  }
  return { widthPx, heightPx, data: grey };
}

function hann(length: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length),
  );
}

import { padRows } from '../tasks/convolution.js';
import type { Runtime, TensorInfo } from './runtime.js';

const FLOAT = 4;

/** Images in memory, with the zeros around them that a convolution meets. */
export interface Frame {
  readonly address: number;
  readonly rowBytes: number;
  readonly imageBytes: number;
}

/** How large the frame is and where in it the image begins, in pixels. */
export interface FrameSize {
  readonly height: number;
  readonly width: number;
  readonly top: number;
  readonly left: number;
}

/** Lends `use` the images in their frame: in place where nothing is to be added. */
export function withFrame<Result>(
  runtime: Runtime,
  x: TensorInfo,
  size: FrameSize,
  use: (frame: Frame) => Result,
): Result {
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const pixelBytes = channels * FLOAT;
  const { top, left } = size;
  if (top === 0 && left === 0 && size.height <= height && size.width <= width) {
    const rowBytes = width * pixelBytes;
    return use({ address: runtime.address(x), rowBytes, imageBytes: height * rowBytes });
  }
  const frameRowBytes = size.width * pixelBytes;
  const imageBytes = size.height * frameRowBytes;
  return runtime.borrow(images * imageBytes, (address) => {
    runtime.run(
      padRows,
      {
        source: runtime.address(x),
        target: address,
        height,
        rowBytes: width * pixelBytes,
        frameHeight: size.height,
        frameRowBytes,
        top,
        leftBytes: left * pixelBytes,
      },
      images * size.height,
    );
    return use({ address, rowBytes: frameRowBytes, imageBytes });
  });
}

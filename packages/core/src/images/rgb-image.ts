/** An 8-bit RGB image: rows from the top, pixels interleaved, `data.length === heightPx * widthPx * 3`. */
export interface RgbImage {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Uint8Array;
}

/** A rectangle in pixels; x and y are its top left corner. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An empty (black) image, in shared memory when asked for. */
export function createRgbImage(widthPx: number, heightPx: number, shared = false): RgbImage {
  const bytes = widthPx * heightPx * 3;
  const data = shared ? new Uint8Array(new SharedArrayBuffer(bytes)) : new Uint8Array(bytes);
  return { widthPx, heightPx, data };
}

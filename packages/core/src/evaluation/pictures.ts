import { join } from 'node:path';
import { createRgbImage, type RgbImage } from '../images/rgb-image.js';
import { makeFolder } from '../run/durable.js';
import { errorMap } from './error-map.js';
import type { EvaluatedImage } from './evaluator.js';
import { drawLabel, LABEL_HEIGHT_PX } from './label.js';

/** Writes an image as PNG. */
export type WritePicture = (path: string, image: RgbImage) => Promise<void>;

const GAP_PX = 6;
const MINIMUM_PANEL_PX = 180;

/**
 * Keeps images: NAME.png with LR, bicubic, SR and HR side by side, and the four and the error map alone in the
 * folder NAME.
 */
export class PictureKeeper {
  readonly #kept = new Map<number, number>();

  constructor(
    private readonly folder: string,
    /** How many of each magnification. */
    private readonly count: number,
    private readonly write: WritePicture,
  ) {}

  /**
   * Keeps the first images of each magnification.
   * @returns the picture's name in the folder, undefined when there are enough already
   */
  async keepFirst(image: EvaluatedImage): Promise<string | undefined> {
    const { magnification } = image.sample;
    const kept = this.#kept.get(magnification) ?? 0;
    if (kept >= this.count) return undefined;
    this.#kept.set(magnification, kept + 1);
    return this.keep(image, String(kept + 1));
  }

  /** @returns the picture's name in the folder */
  async keep(image: EvaluatedImage, ending: string): Promise<string> {
    const name = `${image.sample.magnification}x-${ending}`;
    const { lr, hr } = image.sample;
    const error = errorMap(image.sr, hr);
    const panels = { lr, bicubic: image.bicubic, sr: image.sr, hr, error };
    await makeFolder(join(this.folder, name));
    for (const [key, panel] of Object.entries(panels)) {
      await this.write(join(this.folder, name, `${key}.png`), panel);
    }
    await this.write(join(this.folder, `${name}.png`), sideBySide(image));
    return `${name}.png`;
  }
}

/** LR (enlarged by repeating pixels), bicubic, SR and HR beside each other, labelled. */
export function sideBySide({ sample, sr, bicubic, result }: EvaluatedImage): RgbImage {
  const { lr, hr } = sample;
  const zoom = Math.max(1, Math.ceil(MINIMUM_PANEL_PX / hr.widthPx));
  const decibels = (value: number | undefined) =>
    value === undefined ? '' : ` ${value.toFixed(2)} dB`;
  const panels: [string, RgbImage, number][] = [
    ['LR', lr, (zoom * hr.widthPx) / lr.widthPx],
    [`bicubic${decibels(result.bicubic.psnrDb)}`, bicubic, zoom],
    [`SR${decibels(result.psnrDb)}`, sr, zoom],
    ['HR', hr, zoom],
  ];
  const panelPx = hr.widthPx * zoom;
  const sheet = createRgbImage(
    4 * panelPx + 5 * GAP_PX,
    hr.heightPx * zoom + LABEL_HEIGHT_PX + 2 * GAP_PX,
  );
  sheet.data.fill(255);
  panels.forEach(([label, panel, factor], column) => {
    const x = GAP_PX + column * (panelPx + GAP_PX);
    drawLabel(sheet, label, x, GAP_PX);
    enlargeInto(sheet, panel, factor, x, GAP_PX + LABEL_HEIGHT_PX);
  });
  return sheet;
}

/** Copies an image, each pixel repeated `factor` times along both axes. */
function enlargeInto(sheet: RgbImage, image: RgbImage, factor: number, left: number, top: number) {
  for (let y = 0; y < image.heightPx * factor; y++) {
    for (let x = 0; x < image.widthPx * factor; x++) {
      const from = (Math.floor(y / factor) * image.widthPx + Math.floor(x / factor)) * 3;
      const to = ((y + top) * sheet.widthPx + x + left) * 3;
      sheet.data.set(image.data.subarray(from, from + 3), to);
    }
  }
}

import type { MetricValues } from '@mmsr/core';
import { fitExamples, type VariantExamples } from '../evidence/choose-examples.js';
import { PANELS, type Example, type Panel } from '../evidence/read-examples.js';
import { magnificationLabel, signed } from '../tables/table.js';
import { html, type SafeHtml } from './safe-html.js';

const PANEL_NAMES: Readonly<Record<Panel, string>> = {
  lr: 'LR',
  bicubic: 'bicubic',
  sr: 'SR',
  hr: 'HR',
  error: 'error map',
};

/**
 * The best, median and worst images. The page holds all five pictures of each; its script lays two of them
 * over each other with a slider, and without it, as on paper, they stand side by side.
 */
export function examplesSection(all: readonly VariantExamples[]): SafeHtml | null {
  const { shown, leftOut } = fitExamples(all);
  if (shown.length === 0) return null;
  return html`<section aria-labelledby="images">
    <h2 id="images">Best, median and worst images</h2>
    <p>
      By gain over bicubic interpolation, of the first seed of each. Drag over an image or use the
      slider beneath it, and choose what lies left and right of the line. The error map shows the
      absolute difference of SR and HR, mean over the channels: black is none, bright yellow 32 of
      255 levels and more.
    </p>
    ${leftOut > 0 && html`<p>${leftOut} more are left out, to keep this file small: they are in the folders <code>images</code> of the cells.</p>`}
    ${shown.map(
      ({ variant, cell, examples }) =>
        html`<h3>${variant}</h3>
          <div class="examples">${examples.map((example) => figure(example, cell))}</div>`,
    )}
  </section>`;
}

function figure({ rank, result, panels }: Example, cell: string): SafeHtml {
  const label = magnificationLabel(result.magnification);
  return html`<figure class="example">
    <figcaption>
      <strong>${label}, ${rank}</strong> ${gainText(result)}<br /><span class="id"
        >${result.id}</span
      ><span class="unseen"> of ${cell}</span>
    </figcaption>
    <div class="panels">
      ${PANELS.map((panel) => {
        const { dataUri, widthPx, heightPx } = panels[panel];
        const name = PANEL_NAMES[panel];
        return html`<div>
          <img
            src="${dataUri}"
            width="${widthPx}"
            height="${heightPx}"
            data-panel="${panel}"
            data-name="${name}"
            alt="${name} of ${result.id} at ${label}"
          /><span>${name}</span>
        </div>`;
      })}
    </div>
  </figure>`;
}

/** Such as `+1.20 dB (31.20 dB, bicubic 30.00 dB)`. */
function gainText({ psnrDb, ssim, bicubic }: MetricValues & { bicubic: MetricValues }): string {
  const text = (value: number, base: number, digits: number, unit: string) =>
    `${signed(value - base, digits)}${unit} (${value.toFixed(digits)}${unit}, bicubic ${base.toFixed(digits)}${unit})`;
  if (Number.isFinite(psnrDb) && Number.isFinite(bicubic.psnrDb)) {
    return text(psnrDb as number, bicubic.psnrDb as number, 2, ' dB');
  }
  if (Number.isFinite(ssim) && Number.isFinite(bicubic.ssim)) {
    return text(ssim as number, bicubic.ssim as number, 4, '');
  }
  return '';
}

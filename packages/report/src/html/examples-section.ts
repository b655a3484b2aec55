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
      (one) =>
        html`<h3>${one.variant}</h3>
          <div class="examples">${one.examples.map((example) => figure(example, one))}</div>`,
    )}
  </section>`;
}

function figure({ rank, result, panels }: Example, { cell, baseline }: VariantExamples): SafeHtml {
  const label = magnificationLabel(result.magnification);
  const other = baseline?.images.find(
    ({ id, magnification }) => id === result.id && magnification === result.magnification,
  );
  const gain = (from: MetricValues | undefined, name: string) => {
    const text = from === undefined ? undefined : gainText(result, from, name);
    return text !== undefined && html`<br />${text}`;
  };
  return html`<figure class="example">
    <figcaption>
      <strong>${label}, ${rank}</strong>
      ${valueText(result)}${gain(result.bicubic, 'bicubic')}${gain(other, baseline?.cell ?? '')}<br /><span
        class="id"
        >${result.id}</span
      ><span class="unseen"> of ${cell.cell}</span>
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

/** Of what was measured, PSNR before SSIM. */
function metricOf({ psnrDb, ssim }: MetricValues) {
  // JSON has no NaN or infinity: they come back as null.
  if (Number.isFinite(psnrDb)) return { key: 'psnrDb', digits: 2, unit: ' dB' } as const;
  return Number.isFinite(ssim) ? ({ key: 'ssim', digits: 4, unit: '' } as const) : undefined;
}

/** Such as `31.20 dB`. */
function valueText(values: MetricValues): string {
  const metric = metricOf(values);
  return metric === undefined ? '' : `${values[metric.key]?.toFixed(metric.digits)}${metric.unit}`;
}

/** Such as `+1.20 dB over bicubic (30.00 dB)`. */
function gainText(values: MetricValues, from: MetricValues, name: string): string | undefined {
  const metric = metricOf(values);
  const [value, base] = metric === undefined ? [] : [values[metric.key], from[metric.key]];
  if (metric === undefined || value === undefined || !Number.isFinite(base)) return undefined;
  const difference = value - (base as number);
  const gain = signed(difference, metric.digits);
  const preposition = difference < 0 ? 'against' : 'over';
  return `${gain}${metric.unit} ${preposition} ${name} (${valueText(from)})`;
}

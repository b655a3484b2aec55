import { html, type SafeHtml } from '../html/safe-html.js';
import { scrolling } from '../html/table.js';
import { seriesColor } from './svg.js';

export interface ChartFigure {
  readonly title: string;
  /** What the chart shows, for those who do not see it. */
  readonly summary: string;
  readonly svg: SafeHtml;
  /** The same numbers. */
  readonly data: SafeHtml;
  /** Names of the colours, in their order. */
  readonly legend?: readonly string[];
}

/** A chart with its legend, and its data in a table to be opened. */
export function chartFigure({ title, summary, svg, data, legend = [] }: ChartFigure): SafeHtml {
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    ${legend.length > 1 && legendList(legend)}
    ${scrolling(title, html`<div role="img" aria-label="${summary}">${svg}</div>`)}
    <details>
      <summary>Data of this chart<span class="unseen">: ${title}</span></summary>
      ${data}
    </details>
  </figure>`;
}

function legendList(names: readonly string[]): SafeHtml {
  return html`<ul class="legend">
    ${names.map(
      (name, index) =>
        html`<li>
          <svg width="22" height="10" aria-hidden="true">
            <line
              x1="1"
              x2="21"
              y1="5"
              y2="5"
              stroke="${seriesColor(index)}"
              stroke-width="3"
              ${dashAttribute(index)}
            /></svg
          >${name}
        </li>`,
    )}
  </ul>`;
}

/** Where colours begin anew, the line is broken. */
export function dashOf(index: number): string | undefined {
  return index < 8 ? undefined : '4 3';
}

function dashAttribute(index: number): SafeHtml | null {
  const dash = dashOf(index);
  return dash === undefined ? null : html`stroke-dasharray="${dash}"`;
}

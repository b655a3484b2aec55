import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { trusted, type SafeHtml } from '../html/safe-html.js';

/** Colours are CSS variables of the page, so that charts follow light, dark and print. */
export const SERIES_COLORS = 8;

export function seriesColor(index: number): string {
  return `var(--series-${(index % SERIES_COLORS) + 1})`;
}

/** What is used here of a browser's SVG element: the libraries' types are those of a browser. */
interface SvgElement {
  readonly outerHTML: string;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
  setAttribute(name: string, value: string): void;
}

/**
 * Draws a chart without a browser. Plot escapes the text that it shows; its own style element is left out,
 * since the page's policy would refuse it.
 */
export function drawSvg(options: Plot.PlotOptions): SafeHtml {
  const { document } = parseHTML('<html><body></body></html>') as unknown as { document: unknown };
  const svg = Plot.plot({ ...options, document } as Plot.PlotOptions) as unknown as SvgElement;
  for (const style of [...svg.querySelectorAll('style')]) style.remove();
  svg.setAttribute('class', 'plot');
  svg.setAttribute('aria-hidden', 'true');
  return trusted(svg.outerHTML);
}

/** Long names are cut in their middle: what differs is often at the ends. */
export function shortLabel(text: string, longest = 30): string {
  const characters = [...text];
  if (characters.length <= longest) return text;
  const half = Math.floor((longest - 1) / 2);
  return `${characters.slice(0, half).join('')}…${characters.slice(-half).join('')}`;
}

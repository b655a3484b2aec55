import type { Table, TableCell } from '../tables/table.js';
import { html, type SafeHtml } from './safe-html.js';

/** A table with its protocol beneath it, wide ones to be scrolled on their own. */
export function tableFigure(table: Table): SafeHtml {
  const { id, title, columns, rows, protocol, warnings } = table;
  return html`<figure class="table" id="${id}">
    <figcaption>${title}</figcaption>
    ${scrolling(
      title,
      html`<table>
        <thead>
          <tr>
            ${columns.map(({ header, align }) => html`<th scope="col" class="${align}">${header}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell, index) => bodyCell(cell, columns[index]?.align ?? 'left', index))}
              </tr> `,
          )}
        </tbody>
      </table>`,
    )}
    ${warningList(warnings)}
    <p class="protocol">${protocol}.</p>
  </figure>`;
}

function bodyCell({ text, rank }: TableCell, align: 'left' | 'right', index: number): SafeHtml {
  if (index === 0) return html`<th scope="row" class="${align}">${text}</th>`;
  const value =
    rank === 'best'
      ? html`<strong>${text}</strong>`
      : rank === 'second'
        ? html`<u>${text}</u>`
        : text;
  return html`<td class="${align}">${value}</td>`;
}

export function warningList(warnings: readonly string[]): SafeHtml | null {
  if (warnings.length === 0) return null;
  return html`<ul class="warnings">
    ${warnings.map((warning) => html`<li>${warning}</li>`)}
  </ul>`;
}

/** Text alone, in a plain table; the first column names the row. */
export function plainTable(
  label: string,
  headers: readonly string[],
  rows: readonly (readonly (string | number | SafeHtml)[])[],
): SafeHtml {
  return scrolling(
    label,
    html`<table>
      <thead>
        <tr>
          ${headers.map((header) => html`<th scope="col">${header}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, index) => (index === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${wrapped(cell)}</td>`))}
            </tr> `,
        )}
      </tbody>
    </table>`,
  );
}

/** Longer text is broken into lines, so that it does not push all else out of sight. */
function wrapped(cell: string | number | SafeHtml): string | number | SafeHtml {
  return typeof cell === 'string' && cell.length > 48
    ? html`<span class="long">${cell}</span>`
    : cell;
}

/** What may be wider than the page scrolls within itself, by keyboard too. */
export function scrolling(label: string, content: SafeHtml): SafeHtml {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
    ${content}
  </div>`;
}

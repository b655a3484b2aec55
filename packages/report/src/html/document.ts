import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { html, trusted, type SafeHtml } from './safe-html.js';

/** What the page is made of beside its content; both are ours. */
interface Assets {
  readonly style: string;
  readonly script: string;
}

/**
 * A page that stands alone. Its policy lets it load nothing, and run and apply only the script and the style
 * that are written here, which it knows by their hashes.
 */
export async function toDocument(title: string, body: SafeHtml): Promise<string> {
  const { style, script } = await readAssets();
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${element('style', style)}
      </head>
      <body>
        ${body} ${element('script', script)}
      </body>
    </html> `;
  return page.markup;
}

/** Without any space of a template's layout around the text: that would change the hash. */
function element(name: 'style' | 'script', text: string): SafeHtml {
  return trusted(`<${name}>${text}</${name}>`);
}

async function readAssets(): Promise<Assets> {
  const read = (name: string) => readFile(new URL(`../../assets/${name}`, import.meta.url), 'utf8');
  return { style: await read('report.css'), script: await read('report.js') };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

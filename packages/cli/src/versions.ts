import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The version of an installed package of ours, from its package.json. */
export function versionOf(name: string): string {
  const path = fileURLToPath(import.meta.resolve(`${name}/package.json`));
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

import { MmsrError } from '../errors.js';
import { isJsonObject, type Json } from './json.js';
import { formatKeyPath, type KeyPath } from './key-path.js';
import type { Positions } from './positions.js';

/** `$${`, which stands for `${`, or `${NAME}`. */
const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Puts the values of environment variables where texts name them as `${NAME}`.
 * @returns the data with them, and E_ENVIRONMENT for each that is not set, its text left as it is
 */
export function expandEnvironment(
  data: Json,
  positions: Positions,
  environment: Readonly<Record<string, string | undefined>>,
): { data: Json; problems: MmsrError[] } {
  const problems: MmsrError[] = [];
  const expand = (value: Json, path: KeyPath): Json => {
    if (typeof value === 'string') return expandText(value, path);
    if (Array.isArray(value)) return value.map((item, i) => expand(item, [...path, String(i)]));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, expand(item, [...path, key])]),
    );
  };
  const expandText = (text: string, path: KeyPath) =>
    text.replace(REFERENCE, (whole: string, name: string | undefined) => {
      if (name === undefined) return '${';
      const found = NAME.test(name) && whole.endsWith('}') ? environment[name] : undefined;
      if (found === undefined) problems.push(missing(whole, name, path, positions));
      return found ?? whole;
    });
  return { data: expand(data, []), problems };
}

function missing(whole: string, name: string, path: KeyPath, positions: Positions): MmsrError {
  const key = formatKeyPath(path);
  const where = positions.ofValue(path);
  return NAME.test(name) && whole.endsWith('}')
    ? new MmsrError('E_ENVIRONMENT', `${key}: the environment variable ${name} is not set`, {
        where,
        advice: `Set it, or write $\${${name}} for these very characters.`,
      })
    : new MmsrError('E_ENVIRONMENT', `${key}: "${whole}" names no environment variable`, {
        where,
        advice: 'Write ${NAME}, or $${ for these very characters.',
      });
}

/** The text that `expandEnvironment` turns into this one. */
export function escapeReferences(text: string): string {
  // As a function: in a replacement text, $$ would stand for a single $.
  return text.replaceAll('${', () => '$${');
}

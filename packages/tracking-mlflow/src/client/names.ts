import { createHash } from 'node:crypto';
import { isKey, isPlainPath, LONGEST_KEY, storableText } from './wire-values.js';

const DIGEST_LENGTH = 8;

/**
 * The text as a key of a metric, parameter or tag. What MLflow takes stays as it is; anything else loses
 * what is not allowed and gains a digest, so that two texts never share a key.
 * @param longest number of characters, at most 250
 */
export function keyOf(text: string, longest = LONGEST_KEY): string {
  if (isKey(text) && text.length <= longest) return text;
  const letters = text.replace(/[^A-Za-z0-9_\-. :/]/g, '_');
  const plain = isPlainPath(letters)
    ? letters
    : letters.replace(/\.\.+/g, '_').replaceAll('/', '_');
  const digest = sha256(text).slice(0, DIGEST_LENGTH);
  const cut = plain.slice(0, longest - DIGEST_LENGTH - 1).replace(/\/+$/, '');
  return `${cut}-${digest}`;
}

/**
 * The name of a metric as MLflow's page groups them, by what stands before a slash: `validation.20x.psnrDb` as
 * `validation/20x.psnrDb`.
 */
export function metricKeyOf(name: string): string {
  return keyOf(name.replace(/^(\w+)\./, '$1/'));
}

/** The text as a value: storable, and when it is too long, cut with a mark instead of without one. */
export function valueOf(text: string, longest: number): string {
  const plain = storableText(text);
  if (plain.length <= longest) return plain;
  const mark = `... (${plain.length} characters)`;
  return storableText(`${plain.slice(0, longest - mark.length)}${mark}`);
}

/** A stable UUID: the same of the same text. */
export function uuidOf(text: string): string {
  const hex = sha256(text);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Splits a list into parts of at most `most`. */
export function inParts<T>(list: readonly T[], most: number): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < list.length; i += most) parts.push(list.slice(i, i + most));
  return parts;
}

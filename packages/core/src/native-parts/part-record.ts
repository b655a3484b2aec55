import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../run/durable.js';

/** A file that a part was made from. */
export interface PartOrigin {
  readonly file: string;
  /** Such as `sha256-9f86d081…`, the digest that was checked. */
  readonly digest: string;
}

/** What a part's folder says of itself; written last, so a folder that has it is whole. */
export interface PartRecord {
  readonly name: string;
  /** The name of the folder. */
  readonly key: string;
  readonly gpu: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly origins: readonly PartOrigin[];
  /** ISO 8601. */
  readonly date: string;
}

/** A part that is whole, and what it says of itself. */
export interface FoundPart {
  readonly folder: string;
  readonly record: PartRecord;
}

const RECORD = 'part.json';

export async function writePartRecord(folder: string, record: PartRecord): Promise<void> {
  await writeDurably(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
}

/** The record of an installed part; undefined for a folder that is missing, half made or of another key. */
export async function readPartRecord(folder: string, key: string): Promise<PartRecord | undefined> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(join(folder, RECORD), 'utf8'));
  } catch {
    return undefined;
  }
  return isRecord(content) && content.key === key ? content : undefined;
}

function isRecord(content: unknown): content is PartRecord {
  const { name, key, gpu, versions, origins } = (content ?? {}) as Partial<PartRecord>;
  const named = typeof name === 'string' && typeof key === 'string' && typeof gpu === 'boolean';
  return named && typeof versions === 'object' && Array.isArray(origins);
}

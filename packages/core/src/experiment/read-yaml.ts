import { open } from 'node:fs/promises';
import { LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { InputError, messageOf, MmsrError } from '../errors.js';
import type { Json } from './json.js';
import { tooDeepAt } from './nesting.js';
import { MAX_DEPTH, PlainDataReader, type TextFault } from './plain-data.js';
import type { Positions } from './positions.js';

const MAX_BYTES = 250_000;
/** Of one file; after that many, what follows is mostly a consequence. */
const MAX_FAULTS = 20;
/** The parser quotes what it does not understand, however long. */
const LONGEST_MESSAGE = 300;
/** Well under what the parser's recursion bears; the exact limit is `MAX_DEPTH`. */
const PARSER_DEPTH = 2 * MAX_DEPTH;

export interface PlainDocument {
  readonly data: Json;
  readonly positions: Positions;
}

/**
 * Reads a YAML file.
 * @throws InputError with E_FILE when it cannot be read, else as `readYaml`
 */
export async function readYamlFile(file: string): Promise<PlainDocument> {
  let bytes: Buffer;
  try {
    bytes = await readAtMost(file, MAX_BYTES + 1);
  } catch (error) {
    throw new InputError([unreadable(file, error)]);
  }
  if (bytes.length > MAX_BYTES) throw wrongFile(file, `the file has more than ${MAX_BYTES} bytes`);
  try {
    return readYaml(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file);
  } catch (error) {
    if (error instanceof TypeError) throw wrongFile(file, 'the file is not text in UTF-8');
    throw error;
  }
}

function unreadable(file: string, error: unknown): MmsrError {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
    return new MmsrError('E_FILE', 'there is no such file', {
      where: file,
      advice: `Paths are relative to the working directory, ${process.cwd()}.`,
      cause: error,
    });
  }
  const message = `the file cannot be read: ${messageOf(error)}`;
  return new MmsrError('E_FILE', message, { where: file, cause: error });
}

/** The beginning of a file, however large it is. */
async function readAtMost(file: string, limit: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const bytes = Buffer.alloc(limit);
    let length = 0;
    for (let read = -1; read !== 0 && length < limit; length += read) {
      read = (await handle.read(bytes, length, limit - length, null)).bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/**
 * Reads YAML 1.2 (core schema) into plain data: one document, unique keys, finite numbers, no tags of
 * its own, no keys that reach a prototype, few aliases.
 * @param label what positions begin with, such as the file's path
 * @throws InputError with E_YAML for each fault, as label:line:column
 */
export function readYaml(text: string, label: string): PlainDocument {
  const lines = countLines(text);
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${label}:${line}:${col}`;
  };
  const deepAt = tooDeepAt(text, PARSER_DEPTH);
  if (deepAt !== undefined) {
    throw asErrors([{ offset: deepAt, message: `more than ${MAX_DEPTH} levels deep` }], placeOf);
  }
  const document = parseDocument(text, PARSE_OPTIONS);
  const reader = new PlainDataReader(placeOf);
  const data = document.contents === null ? null : reader.read(document.contents as Node);
  const faults = [...syntaxFaults(document, text), ...reader.faults];
  if (faults.length > 0) throw asErrors(faults, placeOf);
  return { data, positions: reader.positions };
}

/** Unique keys are for the reader to check: the parser compares each key with each, which takes minutes. */
const PARSE_OPTIONS = {
  version: '1.2',
  schema: 'core',
  strict: true,
  uniqueKeys: false,
  resolveKnownTags: false,
  prettyErrors: false,
} as const;

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lines.addNewLine(at + 1);
  }
  return lines;
}

function syntaxFaults(document: Document, text: string): TextFault[] {
  // Tags are the reader's to refuse, known or not.
  const warnings = document.warnings.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED');
  const first = [...document.errors, ...warnings].slice(0, MAX_FAULTS);
  const faults = first.map(({ code, message, pos: [offset] }) => ({
    offset,
    message: code === 'MULTIPLE_DOCS' ? 'a second document begins; there must be one' : message,
    advice: adviceOf(code, lineAt(text, offset)),
  }));
  const version = document.directives?.yaml.version;
  return version === '1.2'
    ? faults
    : [{ offset: 0, message: `%YAML ${version}: only YAML 1.2 is read` }, ...faults];
}

function adviceOf(code: string, line: string): string | undefined {
  if (line.includes('${')) return 'Inside [ ] and { }, text with ${...} needs quotes.';
  return code === 'BLOCK_IN_FLOW' ? 'Inside [ ] and { }, is a comma missing before it?' : undefined;
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  return text.slice(start, end < 0 ? undefined : end);
}

function asErrors(faults: readonly TextFault[], placeOf: (offset: number) => string): InputError {
  const first = faults.toSorted((a, b) => a.offset - b.offset).slice(0, MAX_FAULTS);
  return new InputError(
    first.map(
      ({ offset, message, advice }) =>
        new MmsrError('E_YAML', message.slice(0, LONGEST_MESSAGE), {
          where: placeOf(offset),
          advice,
        }),
    ),
  );
}

function wrongFile(file: string, message: string): InputError {
  return new InputError([new MmsrError('E_YAML', message, { where: file })]);
}

import { messageOf, MmsrError } from '../errors.js';
import { parseStrictJson, type StrictJson } from './strict-json.js';

export interface SafeTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  /** Float32 tensors by name, in the order of the file. Tensors of other types are left out. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The header of 40,000 tensors; reading one takes some ten times its size in memory. */
const HEADER_LIMIT_BYTES = 4_000_000;
const BYTES_OF_TYPE: ReadonlyMap<StrictJson, number> = new Map([
  ...['BOOL', 'U8', 'I8', 'F8_E4M3', 'F8_E5M2'].map((name) => [name, 1] as const),
  ...['I16', 'U16', 'F16', 'BF16'].map((name) => [name, 2] as const),
  ...['I32', 'U32', 'F32'].map((name) => [name, 4] as const),
  ...['I64', 'U64', 'F64'].map((name) => [name, 8] as const),
]);

/**
 * Float32 tensors as a safetensors file: 8 bytes of header length, a JSON header padded with spaces to
 * a multiple of 8, then the data in order. Reads in Python with `safetensors.torch.load_file`.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: [string, unknown][] = [['__metadata__', metadata]];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const end = offset + data.byteLength;
    header.push([name, { dtype: 'F32', shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(8 + headerBytes + offset, ' ');
  file.writeBigUInt64LE(BigInt(headerBytes), 0);
  json.copy(file, 8);
  let position = 8 + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file.
 * @param where the file's path, for errors
 * @throws MmsrError E_SAFETENSORS when the header, an offset or a shape is wrong
 */
export function readSafetensors(bytes: Uint8Array, where: string): SafetensorsFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, dataStart } = readHeader(file, where);
  const data = file.subarray(dataStart);
  const tensors = new Map<string, SafeTensor>();
  const ranges: [number, number][] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of header) {
    if (name === '__metadata__') {
      metadata = readMetadata(entry, where);
      continue;
    }
    const { dtype, shape, begin, end } = readEntry(name, entry, data.length, where);
    ranges.push([begin, end]);
    if (dtype === 'F32') tensors.set(name, { shape, data: copyFloats(data.subarray(begin, end)) });
  }
  assertContiguous(ranges, data.length, where);
  return { tensors, metadata };
}

function fault(message: string, where: string): MmsrError {
  return new MmsrError('E_SAFETENSORS', message, {
    where,
    advice: 'The file is damaged or is no safetensors file.',
  });
}

function readHeader(file: Buffer, where: string) {
  if (file.length < 8) throw fault(`only ${file.length} bytes long`, where);
  const length = file.readBigUInt64LE(0);
  if (length > BigInt(Math.min(HEADER_LIMIT_BYTES, file.length - 8))) {
    const limit = `at most ${HEADER_LIMIT_BYTES} are read`;
    throw fault(`its header claims ${length} bytes, the file has ${file.length}; ${limit}`, where);
  }
  const dataStart = 8 + Number(length);
  let header: StrictJson;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, dataStart));
    header = parseStrictJson(text);
  } catch (error) {
    throw fault(`its header is not JSON in UTF-8: ${messageOf(error).slice(0, 200)}`, where);
  }
  if (!(header instanceof Map)) throw fault('its header is not an object', where);
  return { header, dataStart };
}

function readMetadata(entry: StrictJson, where: string): Record<string, string> {
  if (!(entry instanceof Map) || [...entry.values()].some((value) => typeof value !== 'string')) {
    throw fault('its metadata is not a map of strings', where);
  }
  return Object.fromEntries(entry) as Record<string, string>;
}

function isIndexList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function readEntry(fullName: string, entry: StrictJson, dataBytes: number, where: string) {
  const name = fullName.slice(0, 200);
  if (!(entry instanceof Map)) throw fault(`the entry of "${name}" is not an object`, where);
  const [dtype, shape] = [entry.get('dtype'), entry.get('shape')];
  const offsets = entry.get('data_offsets');
  const itemBytes = dtype === undefined ? undefined : BYTES_OF_TYPE.get(dtype);
  if (itemBytes === undefined) {
    throw fault(`"${name}" has the unknown type ${JSON.stringify(dtype)?.slice(0, 40)}`, where);
  }
  if (!isIndexList(shape)) throw fault(`the shape of "${name}" is not a list of sizes`, where);
  if (!isIndexList(offsets) || offsets.length !== 2) {
    throw fault(`the offsets of "${name}" are not two positions`, where);
  }
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, side) => product * side, itemBytes);
  if (begin > end || end > dataBytes || end - begin !== size) {
    throw fault(`"${name}" needs ${size} bytes, its offsets are ${begin} to ${end}`, where);
  }
  return { dtype, shape, begin, end };
}

/** Tensors must cover the data exactly: no holes, no overlap, nothing behind. */
function assertContiguous(ranges: [number, number][], dataBytes: number, where: string): void {
  let position = 0;
  for (const [begin, end] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== position) throw fault(`its tensors overlap or leave a hole at ${begin}`, where);
    position = end;
  }
  if (position !== dataBytes)
    throw fault(`${dataBytes - position} bytes follow its tensors`, where);
}

/** A copy, since the data of a file need not be aligned to 4 bytes. */
function copyFloats(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Of a TIFF with one strip of uncompressed 8-bit pixels. */
export interface TiffContents {
  readonly widthPx: number;
  readonly heightPx: number;
  /** [heightPx, widthPx, samples] */
  readonly data: Uint8Array;
  readonly samples?: 1 | 3;
  readonly description?: string;
  readonly bigTiff?: boolean;
}

const ASCII = 2;
const LONG = 4;

/** A minimal little-endian TIFF or BigTIFF file: sharp writes none with a description of our own. */
export function tiffBytes(contents: TiffContents): Buffer {
  const { widthPx, heightPx, data, samples = 3, description, bigTiff = false } = contents;
  const text = Buffer.from(`${description ?? ''}\0`);
  const pixelsAt = bigTiff ? 16 : 8;
  const textAt = pixelsAt + data.length;
  const directoryAt = Math.ceil((textAt + text.length) / 8) * 8;
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, LONG, 1, widthPx],
    [257, LONG, 1, heightPx],
    [258, LONG, 1, 8],
    [259, LONG, 1, 1],
    [262, LONG, 1, samples === 3 ? 2 : 1],
    ...(description === undefined
      ? []
      : [[270, ASCII, text.length, textAt] as [number, number, number, number]]),
    [273, LONG, 1, pixelsAt],
    [277, LONG, 1, samples],
    [278, LONG, 1, heightPx],
    [279, LONG, 1, data.length],
  ];
  const file = Buffer.alloc(directoryAt + 16 + entries.length * 20 + 8);
  file.write('II');
  file.set(data, pixelsAt);
  file.set(text, textAt);
  return bigTiff ? asBigTiff(file, directoryAt, entries) : asTiff(file, directoryAt, entries);
}

type Entries = readonly (readonly [number, number, number, number])[];

function asTiff(file: Buffer, directoryAt: number, entries: Entries): Buffer {
  file.writeUInt16LE(42, 2);
  file.writeUInt32LE(directoryAt, 4);
  file.writeUInt16LE(entries.length, directoryAt);
  entries.forEach(([tag, type, count, value], i) => {
    const at = directoryAt + 2 + i * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  return file;
}

function asBigTiff(file: Buffer, directoryAt: number, entries: Entries): Buffer {
  file.writeUInt16LE(43, 2);
  file.writeUInt16LE(8, 4);
  file.writeBigUInt64LE(BigInt(directoryAt), 8);
  file.writeBigUInt64LE(BigInt(entries.length), directoryAt);
  entries.forEach(([tag, type, count, value], i) => {
    const at = directoryAt + 8 + i * 20;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeBigUInt64LE(BigInt(count), at + 4);
    file.writeBigUInt64LE(BigInt(value), at + 12);
  });
  return file;
}

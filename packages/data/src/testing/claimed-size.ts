const WIDTH = 256;
const HEIGHT = 257;
const BITS = 258;
const LONG = 4;

function withTags(tiff: Uint8Array, values: ReadonlyMap<number, number>): Buffer {
  const file = Buffer.from(tiff);
  const directoryAt = file.readUInt32LE(4);
  for (let i = 0; i < file.readUInt16LE(directoryAt); i++) {
    const at = directoryAt + 2 + i * 12;
    const value = values.get(file.readUInt16LE(at));
    if (value === undefined) continue;
    file.writeUInt16LE(LONG, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(value, at + 8);
  }
  return file;
}

/** A little-endian TIFF file that claims to be larger than it is. */
export function claiming(tiff: Uint8Array, sidePx: number): Buffer {
  return withTags(
    tiff,
    new Map([
      [WIDTH, sidePx],
      [HEIGHT, sidePx],
    ]),
  );
}

/** A little-endian TIFF file that says its values are of so many bits. */
export function ofBits(tiff: Uint8Array, bits: number): Buffer {
  return withTags(tiff, new Map([[BITS, bits]]));
}

/** A grey tiled TIFF file of that size, all of whose tiles are missing. */
export function withoutTiles(sidePx: number, tilePx: number): Buffer {
  const tiles = Math.ceil(sidePx / tilePx) ** 2;
  const offsetsAt = 8;
  const countsAt = offsetsAt + tiles * 4;
  const directoryAt = countsAt + tiles * 4;
  const entries = [
    [WIDTH, 1, sidePx],
    [HEIGHT, 1, sidePx],
    [BITS, 1, 8],
    [259, 1, 1],
    [262, 1, 1],
    [277, 1, 1],
    [322, 1, tilePx],
    [323, 1, tilePx],
    [324, tiles, offsetsAt],
    [325, tiles, countsAt],
  ] as const;
  const file = Buffer.alloc(directoryAt + 2 + entries.length * 12 + 4);
  file.write('II');
  file.writeUInt16LE(42, 2);
  file.writeUInt32LE(directoryAt, 4);
  file.writeUInt16LE(entries.length, directoryAt);
  entries.forEach(([tag, count, value], i) => {
    const at = directoryAt + 2 + i * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(LONG, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  return file;
}

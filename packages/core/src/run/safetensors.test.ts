import { readSafetensors, writeSafetensors } from './safetensors.js';

const tensors = new Map([
  ['a.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['scalar', { shape: [], data: Float32Array.of(7) }],
  ['empty', { shape: [0], data: new Float32Array() }],
]);

/** A file with the given header and number of data bytes. */
function file(header: string | Uint8Array, dataBytes: number, claimed?: bigint): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const entry = (shape: unknown, offsets: unknown, dtype = 'F32') =>
  JSON.stringify({ x: { dtype, shape, data_offsets: offsets } });

const refusal = (message: string) =>
  expect.objectContaining({
    code: 'E_SAFETENSORS',
    message: expect.stringContaining(message) as string,
  }) as Error;

describe('safetensors', () => {
  test('reads what it wrote', () => {
    const { tensors: read, metadata } = readSafetensors(
      writeSafetensors(tensors, { step: '3' }),
      'f',
    );
    expect(read).toEqual(tensors);
    expect(metadata).toEqual({ step: '3' });
  });

  test('aligns the data to 8 bytes, as the reference writer does', () => {
    const bytes = Buffer.from(writeSafetensors(tensors));
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0);
  });

  test('reads from any place in memory', () => {
    const bytes = writeSafetensors(tensors);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(readSafetensors(shifted, 'f').tensors.get('scalar')?.data[0]).toBe(7);
  });

  test('leaves out tensors of other types but checks them', () => {
    const read = readSafetensors(file(entry([2], [0, 16], 'I64'), 16), 'f');
    expect(read.tensors.size).toBe(0);
  });

  test.each([
    ['too short', Buffer.alloc(4), 'only 4 bytes'],
    ['a header beyond the file', file('{}', 0, 2n ** 64n - 1n), 'claims 18446744073709551615'],
    ['a header one byte beyond the file', file('{}', 0, 3n), 'claims 3 bytes, the file has 10'],
    ['no JSON', file('{', 0), 'not JSON'],
    ['invalid UTF-8', file(Buffer.from([0x7b, 0xff, 0x7d]), 0), 'not JSON in UTF-8'],
    ['a list', file('[]', 0), 'not an object'],
    ['an unknown type', file(entry([1], [0, 4], 'F31'), 4), 'unknown type "F31"'],
    ['a negative size', file(entry([-1], [0, 4]), 4), 'not a list of sizes'],
    ['a fractional offset', file(entry([1], [0.5, 4.5]), 4), 'not two positions'],
    ['a size that overflows', file(entry([2 ** 52, 2 ** 52], [0, 4]), 4), 'needs'],
    ['offsets past the end', file(entry([4], [0, 16]), 4), 'needs 16 bytes'],
    ['a hole', file(entry([1], [4, 8]), 8), 'hole'],
    ['trailing bytes', file(entry([1], [0, 4]), 9), '5 bytes follow'],
    ['a type that every object has', file(entry([1], [0, 4], 'constructor'), 4), 'unknown type'],
    ['a size that overflows to nothing', file(entry([2 ** 52, 2 ** 52, 0], [0, 4]), 4), 'needs 0'],
    ['offsets from behind', file(entry([1], [4, 0]), 4), 'offsets are 4 to 0'],
    ['a negative offset', file(entry([1], [-4, 0]), 4), 'not two positions'],
    ['a name twice', file('{"a":{},"a":{}}', 0), 'the key "a" is there twice'],
    ['a name twice, once escaped', file('{"a":1,"\\u0061":2}', 0), 'the key "a" is there twice'],
    [
      'a key of an entry twice',
      file('{"x":{"shape":[],"shape":[1]}}', 0),
      '"shape" is there twice',
    ],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}', 0), 'there twice'],
    ['many levels', file('['.repeat(1e6), 0), 'more than 8 levels'],
    ['a header of more than 4 MB', file(' '.repeat(4_000_001), 0), 'at most 4000000 are read'],
    ['something behind the header', file('{} {}', 0), 'something follows'],
    ['a number that is none', file('{"x":01}', 0), 'not JSON'],
    ['a string without an end', file('{"x', 0), 'not JSON'],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}', 0), 'metadata'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'bad.safetensors')).toThrow(refusal(message));
  });

  test('refuses overlapping tensors', () => {
    const x = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
    const y = { dtype: 'F32', shape: [1], data_offsets: [4, 8] };
    expect(() => readSafetensors(file(JSON.stringify({ x, y }), 8), 'f')).toThrow(
      refusal('overlap'),
    );
  });

  test('__proto__ is a name like any other', () => {
    const bytes = file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4);
    expect(readSafetensors(bytes, 'f').tensors.has('__proto__')).toBe(true);
  });
});

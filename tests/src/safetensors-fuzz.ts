import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { MmsrError, readSafetensors, writeSafetensors, type SafeTensor } from '@mmsr/core';

/** Names as hostile files have them. */
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '__metadata__', '', '0', 'a.weight'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

const tensor = fc
  .array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 })
  .map((shape): SafeTensor => {
    const size = shape.reduce((product, side) => product * side, 1);
    return { shape, data: Float32Array.from({ length: size }, (_, i) => i / 3) };
  });

const file = fc
  .array(fc.tuple(name, tensor), { maxLength: 6 })
  .map((list) => writeSafetensors(new Map(list.filter(([key]) => key !== '__metadata__'))));

const length = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
);

const number = fc.oneof(
  fc.integer({ min: -2, max: 64 }),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, -1, 0.5, -0),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const entry = fc.oneof(
  { weight: 4, arbitrary: fc.record({
      dtype: fc.constantFrom('F32', 'F64', 'U8', 'BF16', 'F31', 'constructor', '__proto__'),
      shape: fc.array(number, { maxLength: 4 }),
      data_offsets: fc.array(number, { minLength: 1, maxLength: 3 }),
    }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.json().map((text) => JSON.parse(text) as unknown) },
); // prettier-ignore

/** A header of the right outline with anything in it, written out so that names may be there twice. */
const madeUp = fc
  .record({
    entries: fc.array(fc.tuple(name, entry), { maxLength: 5 }),
    padding: fc.stringMatching(/^[ \n\0x{]{0,3}$/),
    data: fc.uint8Array({ maxLength: 64 }),
    claimed: fc.option(length, { freq: 8 }),
  })
  .map(({ entries, padding, data, claimed }) => {
    const members = entries.map(
      ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
    );
    const header = Buffer.from(`{${members.join(',')}}${padding}`);
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(claimed ?? BigInt(header.length));
    return Buffer.concat([prefix, header, data]);
  });

/** A file as it should be with bytes changed, cut off or added. */
const damaged = fc
  .record({
    bytes: file,
    changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    end: fc.integer({ min: -8, max: 8 }),
  })
  .map(({ bytes, changes, end }) => {
    const result = Buffer.alloc(Math.max(0, bytes.length + end));
    result.set(bytes.subarray(0, result.length));
    for (const [at, value] of changes) if (result.length > 0) result[at % result.length] = value;
    return result;
  });

export const hostileFile = fc.oneof(
  { weight: 4, arbitrary: damaged },
  { weight: 4, arbitrary: madeUp },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);

/** Of processor time, as the machine may have other things to do. */
const FILE_LIMIT_MS = 2000;
const GROWTH_LIMIT_MB = 256;

/**
 * Reads hostile files, in an empty working directory: no file takes too long, the process does not grow by much,
 * nothing is written.
 * @returns how many there were and by how much the process had grown at the most
 */
export async function fuzzFiles(options: fc.Parameters<[Buffer]>) {
  const cwd = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'mmsr-fuzz-'));
  process.chdir(folder);
  try {
    const rssMb = () => process.memoryUsage.rss() / 2 ** 20;
    const [before, seen] = [rssMb(), { files: 0, grownMb: 0 }];
    const watched = (bytes: Buffer) => {
      const began = process.cpuUsage();
      readsOrRefuses(bytes);
      const { user, system } = process.cpuUsage(began);
      const ms = (user + system) / 1000;
      if (ms > FILE_LIMIT_MS) throw new Error(`a file took ${ms.toFixed(0)} ms`);
      if (seen.files++ % 100 === 0) seen.grownMb = Math.max(seen.grownMb, rssMb() - before);
      if (seen.grownMb > GROWTH_LIMIT_MB) throw new Error(`grew by ${seen.grownMb.toFixed(0)} MB`);
    };
    fc.assert(fc.property(hostileFile, watched), options);
    const written = await readdir(folder);
    if (written.length > 0) throw new Error(`wrote ${written.join()}`);
    return seen;
  } finally {
    process.chdir(cwd);
    await rm(folder, { recursive: true });
  }
}

/** Either a file is read, every byte of it accounted for, or it is refused with one kind of error. */
export function readsOrRefuses(bytes: Buffer): void {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  try {
    const { tensors } = readSafetensors(bytes, 'fuzzed');
    for (const { shape, data } of tensors.values()) {
      const size = shape.reduce((product, side) => product * side, 1);
      if (data.length !== size) throw new Error(`${data.length} numbers for [${shape.join()}]`);
      if (data.byteLength > bytes.length) throw new Error('more data than the file has');
    }
  } catch (error) {
    if (!(error instanceof MmsrError) || error.code !== 'E_SAFETENSORS') throw error;
    if (error.message.length > 1000) throw new Error('the message is too long', { cause: error });
  }
  if (Object.getOwnPropertyNames(Object.prototype).join() !== before) {
    throw new Error('the prototype of objects changed');
  }
}

export { file as wellFormedFile };

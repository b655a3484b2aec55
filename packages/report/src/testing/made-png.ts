import { crc32, deflateSync } from 'node:zlib';

/** A PNG of noise, which packs as badly as tissue does; the same for the same arguments. */
export function madePng(widthPx: number, heightPx: number, seed = 1): Buffer {
  let state = seed;
  const rows = Array.from({ length: heightPx }, () => {
    const row = Buffer.alloc(1 + 3 * widthPx);
    for (let i = 1; i < row.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      row[i] = 96 + (state >>> 25);
    }
    return row;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

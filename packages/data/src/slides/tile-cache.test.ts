import { createRgbImage, type Region, type RgbImage } from '@mmsr/core';
import { TileCache } from './tile-cache.js';

const SIZE = { widthPx: 300, heightPx: 200 };
const TILE_BYTES = 128 * 128 * 3;
const PLACE = { x: 100, y: 90, width: 60, height: 50 };

/** Every pixel says where it is. */
function draw({ x, y, width, height }: Region): RgbImage {
  const image = createRgbImage(width, height);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      image.data[to++] = (x + column) % 256;
      image.data[to++] = (y + row) % 256;
      image.data[to++] = (x + column) >> 8;
    }
  }
  return image;
}

function makeReader() {
  const reads: Region[] = [];
  const read = (region: Region) => {
    reads.push(region);
    return draw(region);
  };
  return { reads, read };
}

test('tiles are read when they are wanted again, and not a third time', () => {
  const cache = new TileCache(100 * TILE_BYTES);
  const { reads, read } = makeReader();
  expect(cache.read('a', SIZE, PLACE, read)).toEqual(draw(PLACE));
  expect(reads).toEqual([PLACE]);
  expect(cache.read('a', SIZE, PLACE, read)).toEqual(draw(PLACE));
  expect(reads.slice(1)).toEqual([
    { x: 0, y: 0, width: 128, height: 128 },
    { x: 128, y: 0, width: 128, height: 128 },
    { x: 0, y: 128, width: 128, height: 72 },
    { x: 128, y: 128, width: 128, height: 72 },
  ]);
  const inside = { x: 120, y: 100, width: 90, height: 95 };
  expect(cache.read('a', SIZE, inside, read)).toEqual(draw(inside));
  expect(reads.length).toBe(5);
});

test('slides and magnifications are told apart', () => {
  const cache = new TileCache(100 * TILE_BYTES);
  const { reads, read } = makeReader();
  for (const name of ['a', 'b', 'a', 'b', 'a']) cache.read(name, SIZE, PLACE, read);
  expect(reads.length).toBe(2 + 4 + 4);
});

test('no more tiles are kept than there is room for: those used longest ago go', () => {
  const cache = new TileCache(4 * TILE_BYTES);
  const { reads, read } = makeReader();
  const tile = (index: number) => ({ x: 0, y: index * 128, width: 128, height: 128 });
  const want = (index: number) =>
    cache.read('a', { widthPx: 128, heightPx: 9999 }, tile(index), read);
  for (const index of [0, 0, 1, 1, 2, 2, 3, 3]) want(index);
  want(0);
  expect(reads.length).toBe(8);
  // The fifth tile takes the place of the second.
  [4, 4, 0].forEach(want);
  expect(reads.length).toBe(10);
  want(1);
  expect(reads.length).toBe(11);
});

test('what is wanted again only after much else is not kept', () => {
  const cache = new TileCache(4 * TILE_BYTES);
  const { reads, read } = makeReader();
  const size = { widthPx: 128, heightPx: 9999 };
  const wanted = Array.from({ length: 24 }, (_, i) => {
    const place = { x: 0, y: (i % 6) * 128, width: 100, height: 100 };
    cache.read('a', size, place, read);
    return place;
  });
  expect(reads).toEqual(wanted);
});

test('large regions are read past it', () => {
  const cache = new TileCache(8 * TILE_BYTES);
  const { reads, read } = makeReader();
  const whole = { x: 0, y: 0, width: 300, height: 128 };
  for (let i = 0; i < 3; i++) cache.read('a', SIZE, whole, read);
  expect(reads).toEqual([whole, whole, whole]);
});

test('a fault beside the region does not touch it; one inside is thrown', () => {
  const cache = new TileCache(100 * TILE_BYTES);
  const faultAt = { x: 10, y: 10 };
  const read = (region: Region) => {
    if (region.x <= faultAt.x && region.y <= faultAt.y) throw new Error('damaged');
    return draw(region);
  };
  const beside = { x: 20, y: 20, width: 30, height: 30 };
  for (let i = 0; i < 4; i++) expect(cache.read('a', SIZE, beside, read)).toEqual(draw(beside));
  const over = { x: 5, y: 5, width: 30, height: 30 };
  for (let i = 0; i < 4; i++) expect(() => cache.read('a', SIZE, over, read)).toThrow('damaged');
});

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

test('a tile is read once, and whole', () => {
  const cache = new TileCache(100 * TILE_BYTES);
  const { reads, read } = makeReader();
  expect(cache.read('a', SIZE, PLACE, read)).toEqual(draw(PLACE));
  expect(reads).toEqual([
    { x: 0, y: 0, width: 128, height: 128 },
    { x: 128, y: 0, width: 128, height: 128 },
    { x: 0, y: 128, width: 128, height: 72 },
    { x: 128, y: 128, width: 128, height: 72 },
  ]);
  const inside = { x: 120, y: 100, width: 90, height: 95 };
  expect(cache.read('a', SIZE, inside, read)).toEqual(draw(inside));
  expect(reads.length).toBe(4);
});

test('slides and magnifications are told apart', () => {
  const cache = new TileCache(100 * TILE_BYTES);
  const { reads, read } = makeReader();
  for (const name of ['a', 'b', 'a', 'b']) cache.read(name, SIZE, PLACE, read);
  expect(reads.length).toBe(8);
});

test('when its memory is used up, regions are read by themselves', () => {
  const cache = new TileCache(2 * TILE_BYTES);
  const { reads, read } = makeReader();
  const tile = (index: number) => ({ x: 0, y: index * 128, width: 100, height: 128 });
  const size = { widthPx: 128, heightPx: 9999 };
  for (const index of [0, 1, 2, 2, 0, 1]) {
    expect(cache.read('a', size, tile(index), read)).toEqual(draw(tile(index)));
  }
  expect(reads.slice(2)).toEqual([tile(2), tile(2)]);
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

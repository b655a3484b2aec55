import { thumbnailSize } from './read-thumbnail.js';

test.each([
  // A small region, a slide, a pair of scale 3.
  [
    { widthPx: 2220, heightPx: 2967 },
    { widthPx: 766, heightPx: 1024, rowsAtATime: 16 },
  ],
  [
    { widthPx: 100_000, heightPx: 100_000 },
    { widthPx: 1024, heightPx: 1024, rowsAtATime: 1 },
  ],
  [
    { widthPx: 100, heightPx: 50, gridPx: 3 },
    { widthPx: 99, heightPx: 48, rowsAtATime: 48 },
  ],
])('a thumbnail of %j is %j, read in bounded memory', (image, expected) => {
  const size = thumbnailSize(image, 1024);
  expect(size).toMatchObject(expected);
  const nativePx = size.rowsAtATime * size.factor * image.widthPx;
  expect(nativePx).toBeLessThanOrEqual(16e6);
});

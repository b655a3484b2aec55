import { randomStream, resizeBicubic } from '@mmsr/core';
import { unevenBytes } from '../testing/temporary-folder.js';
import { bicubicDegradation } from './bicubic.js';

test.each([2, 3, 4, 8])('LR of scale %i is imresize by its inverse', async (scale) => {
  const hr = { widthPx: 24, heightPx: 48, data: unevenBytes(24 * 48 * 3) };
  const lr = await bicubicDegradation.create({}, { scale }).degrade(hr, randomStream(1, 'test'));
  expect([lr.widthPx, lr.heightPx]).toEqual([24 / scale, 48 / scale]);
  expect(lr).toEqual(resizeBicubic(hr, 1 / scale));
});

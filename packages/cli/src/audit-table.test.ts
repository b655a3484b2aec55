import type { OpenData, SourceImage } from '@mmsr/core';
import { formatAudit } from './audit-table.js';

const range = (least: number, most = least) => ({ least, most });

function pair(id: string, shiftXPx: number, shiftYPx: number, isCorrected = false): SourceImage {
  const size = { widthPx: 10, heightPx: 10, magnification: 20 };
  return {
    id,
    group: id,
    digest: id,
    ...size,
    registration: { shiftXPx, shiftYPx, isCorrected },
  };
}

test('a row for every split and magnification, numbers of four digits', () => {
  const row = {
    images: 2,
    groups: 1,
    nativeMagnification: range(20, 40),
    withoutMicronsPerPixel: 0,
  };
  const none = { nativeMagnification: null, micronsPerPixel: null, effectiveMicronsPerPixel: null };
  const splits: OpenData['splits'] = {
    test: {
      images: [],
      samples: {},
      magnifications: [{ magnification: 5, ...row, images: 0, groups: 0, patches: 0, ...none }],
    },
    train: {
      images: [],
      samples: {},
      magnifications: [
        {
          magnification: 10,
          ...row,
          patches: 12,
          micronsPerPixel: range(0.25, 0.499),
          effectiveMicronsPerPixel: range(0.99804, 1.0001),
        },
      ],
    },
  };
  expect(formatAudit(splits).split('\n')).toEqual([
    'split  magnification  images  groups  patches      native     native mpp  effective mpp',
    '-----  -------------  ------  ------  -------  ----------  -------------  -------------',
    'train            10x       2       1       12  20x to 40x  0.25 to 0.499     0.998 to 1',
    'test              5x       0       0        0     unknown        unknown        unknown',
  ]);
});

test('pairs, the furthest first, and how many are not listed', () => {
  const near = Array.from({ length: 20 }, (_, i) => pair(`near-${i}`, 0, 0));
  const images = [...near, pair('far', 3, -4, true)];
  const lines = formatAudit({ train: { images, samples: {} } }).split('\n');
  expect(lines.filter((line) => line.startsWith('far'))).toEqual([
    'far                 3.00    -4.00      5.00  moved back',
  ]);
  expect(lines.findIndex((line) => line.startsWith('far'))).toBe(2);
  expect(lines.at(-1)).toBe('and 1 more that lie nearer');
});
